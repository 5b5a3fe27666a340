"""The one list of environment variables. Each is read here, typed and checked, and nowhere else.

A variable that makes no sense stops the start with a sentence that names it: a half-configured office is worse than a closed one.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
MIN_SECRET_LENGTH = 32


@dataclass(frozen=True)
class Env:
    """What the environment says. Paths are absolute; `database_url` and `redis_url` are empty for the embedded defaults."""

    data_dir: Path
    debug: bool
    production: bool
    allowed_hosts: tuple[str, ...]
    trusted_origins: tuple[str, ...]
    database_url: str
    redis_url: str
    secret_key: str
    master_keys: str
    demo_password: str


def _flag(name: str, default: bool = False) -> bool:
    value = os.environ.get(name, "1" if default else "0").strip().lower()
    if value in ("1", "true", "yes", "on"):
        return True
    if value in ("", "0", "false", "no", "off"):
        return False
    raise ImproperlyConfigured(f"{name} must be 1 or 0, not {value!r}.")


def _names(name: str, default: str = "") -> tuple[str, ...]:
    return tuple(part.strip() for part in os.environ.get(name, default).split(",") if part.strip())


def _secret_key(data_dir: Path, production: bool) -> str:
    """SECRET_KEY from the environment, else from `DATA_DIR/keys/secret_key`.

    Raises ImproperlyConfigured when the key is shorter than 32 characters, or when production has none.
    """
    key = os.environ.get("SECRET_KEY", "")
    stored = data_dir / "keys" / "secret_key"
    if not key and stored.exists():
        key = stored.read_text().strip()
    if not key and not production:
        # manage.py commands that need no secret (init_keys, makemessages, --help) must run before keys exist.
        key = "no-key-yet-" + "0" * MIN_SECRET_LENGTH
    if len(key) < MIN_SECRET_LENGTH:
        raise ImproperlyConfigured("SECRET_KEY must be set and hold at least 32 characters (manage.py init_keys makes one).")
    return key


def read() -> Env:
    """Read the environment. Raises ImproperlyConfigured naming the variable at fault."""
    data_dir = Path(os.environ.get("DATA_DIR") or BASE_DIR / "var").expanduser().resolve()
    production = _flag("PRODUCTION")
    debug = _flag("DEBUG")
    if production and debug:
        raise ImproperlyConfigured("DEBUG must be 0 when PRODUCTION is 1: its error pages show case text.")
    return Env(
        data_dir=data_dir,
        debug=debug,
        production=production,
        allowed_hosts=_names("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]"),
        trusted_origins=_names("TRUSTED_ORIGINS"),
        database_url=os.environ.get("DATABASE_URL", ""),
        redis_url=os.environ.get("REDIS_URL", ""),
        secret_key=_secret_key(data_dir, production),
        master_keys=os.environ.get("MASTER_KEYS", ""),
        demo_password=os.environ.get("DEMO_PASSWORD", ""),
    )
