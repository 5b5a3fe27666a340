"""Objects that upper floors name in the settings by dotted string, so that the ground floor imports nobody."""

from functools import cache
from importlib.util import find_spec

from django.conf import settings
from django.utils.module_loading import import_string


def named(setting: str) -> list:
    """The objects named by `settings.<setting>`, in order."""
    return [import_string(path) for path in getattr(settings, setting, ()) if there(path.rpartition(".")[0])]


@cache
def there(module: str) -> bool:
    """Whether the module exists; a room that is not there yet has nothing to say."""
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False
