"""Objects that upper floors name in the settings by dotted string, so that the ground floor imports nobody."""

from django.conf import settings
from django.utils.module_loading import import_string


def named(setting: str) -> list:
    """The objects named by `settings.<setting>`, in order. Raises ImportError for a name that leads nowhere."""
    return [import_string(path) for path in getattr(settings, setting)]
