"""Petitions and everything that happens to one before it becomes a finding or a clue."""

from .disclosure import IdentityRequest, OriginalRelease
from .disposal import Disposal
from .exclusion import Exclusion, Lifting
from .export import RegisterExport
from .intake import BoxOpening, DailyReceipts, ImportBatch, MailAccount, MailItem
from .lookup import Agency, Category
from .petition import Attachment, Discipline, Level, Petition, PetitionVersion, ReporterKey
from .transfer import HandUp, TransferSlip

__all__ = [
    "Agency",
    "Attachment",
    "BoxOpening",
    "Category",
    "DailyReceipts",
    "Discipline",
    "Disposal",
    "Exclusion",
    "HandUp",
    "IdentityRequest",
    "ImportBatch",
    "Level",
    "Lifting",
    "MailAccount",
    "MailItem",
    "OriginalRelease",
    "Petition",
    "PetitionVersion",
    "RegisterExport",
    "ReporterKey",
    "TransferSlip",
]
