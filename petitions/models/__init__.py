"""Petitions and everything that happens to one before it becomes a finding or a clue."""

from .exclusion import Exclusion, Lifting
from .export import RegisterExport
from .intake import BoxOpening, ImportBatch, MailAccount, MailItem
from .lookup import Agency, Category
from .petition import Attachment, Discipline, Level, Petition, PetitionVersion, ReporterKey
from .transfer import HandUp, TransferSlip

__all__ = [
    "Agency",
    "Attachment",
    "BoxOpening",
    "Category",
    "Discipline",
    "Exclusion",
    "HandUp",
    "ImportBatch",
    "Level",
    "Lifting",
    "MailAccount",
    "MailItem",
    "Petition",
    "PetitionVersion",
    "RegisterExport",
    "ReporterKey",
    "TransferSlip",
]
