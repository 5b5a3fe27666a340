"""Findings, clues, feedback and rectification items."""

from .clue import Clue
from .feedback import Feedback
from .finding import Finding, FindingEvidence, FindingSource, FindingVersion
from .item import Item, ItemEvidence, Measure, Progress

__all__ = [
    "Clue",
    "Feedback",
    "Finding",
    "FindingEvidence",
    "FindingSource",
    "FindingVersion",
    "Item",
    "ItemEvidence",
    "Measure",
    "Progress",
]
