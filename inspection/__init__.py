"""The ground floor: settings and the few things every floor stands on. Imports Django and packages only."""

from .celery import app as celery_app

__all__ = ["celery_app"]
