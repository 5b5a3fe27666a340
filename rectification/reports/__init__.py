"""The reports of the house that see all floors: one group's week, the office's month. Contract: inspection/reports/kinds.py."""

from .monthly import monthly_office
from .weekly import weekly_brief

__all__ = ["monthly_office", "weekly_brief"]
