"""The one list of environment variables. Each is read here, typed and checked, and nowhere else.

A variable that makes no sense stops the start with a sentence that names it: a half-configured office is worse than a closed one.
The sentence never repeats a value that may hold a password.
"""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
MIN_SECRET_LENGTH = 32
DATABASE_SCHEMES = ("postgres", "postgresql", "sqlite")
REDIS_SCHEMES = ("redis", "rediss")


@dataclass(frozen=True, repr=False)
class Env:
    """What the environment says. No repr, so that no traceback shows a key or a password.

    data_dir         absolute; database, encrypted files, keys, logs
    production       HTTPS only, no demo, SECRET_KEY required
    allowed_hosts    names the program answers to
    trusted_origins  "https://host" addresses that forms may come from, behind a proxy
    database_url     empty for SQLite in data_dir
    redis_url        empty for the file-system broker and the database cache
    master_keys      empty when the key ring is a file (inspection.vault.keys)
    demo_password    of the demo cast; empty when there is none yet
    mail_ca_file     PEM file of certificate authorities to trust besides the system's when mail is fetched; empty for none
    """

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
    mail_ca_file: str


def _flag(name: str, default: bool = False) -> bool:
    value = os.environ.get(name, "1" if default else "0").strip().lower()
    if value in ("1", "true", "yes", "on"):
        return True
    if value in ("", "0", "false", "no", "off"):
        return False
    raise ImproperlyConfigured(f"{name} must be 1 or 0, not {value!r}.")


def _names(name: str, default: str = "") -> tuple[str, ...]:
    return tuple(part.strip() for part in os.environ.get(name, default).split(",") if part.strip())


def _url(name: str, schemes: tuple[str, ...]) -> str:
    url = os.environ.get(name, "").strip()
    if url and urlsplit(url).scheme not in schemes:
        raise ImproperlyConfigured(f"{name} must begin with {' or '.join(f'{scheme}://' for scheme in schemes)}.")
    return url


def _hosts(production: bool) -> tuple[str, ...]:
    hosts = _names("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
    if production and "*" in hosts:
        raise ImproperlyConfigured("ALLOWED_HOSTS must name the hosts when PRODUCTION is 1: * lets a forged Host header through.")
    return hosts


def _origins() -> tuple[str, ...]:
    origins = _names("TRUSTED_ORIGINS")
    if not all(origin.startswith(("https://", "http://")) for origin in origins):
        raise ImproperlyConfigured("TRUSTED_ORIGINS must hold addresses that begin with https://, divided by commas.")
    return origins


def _stored(data_dir: Path, name: str) -> str:
    """What a key file holds, or nothing when it is not there."""
    try:
        return (data_dir / "keys" / name).read_text("utf-8").strip()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise ImproperlyConfigured(f"{data_dir / 'keys' / name} cannot be read by this account.") from error


def _secret_key(data_dir: Path, production: bool) -> str:
    """SECRET_KEY from the environment, else from `DATA_DIR/keys/secret_key`.

    Raises ImproperlyConfigured when the key is shorter than 32 characters, or when production has none.
    """
    key = os.environ.get("SECRET_KEY", "") or _stored(data_dir, "secret_key")
    if not key and not production:
        # Commands that need no secret (init_keys, makemessages, --help) must run before keys exist. Random, so that a
        # server started without keys signs with something that nobody can know.
        key = secrets.token_urlsafe(MIN_SECRET_LENGTH)
    if len(key) < MIN_SECRET_LENGTH:
        raise ImproperlyConfigured("SECRET_KEY must be set and hold at least 32 characters (manage.py init_keys makes one).")
    return key


def _file(name: str) -> str:
    path = os.environ.get(name, "").strip()
    if path and not os.path.isfile(path):
        raise ImproperlyConfigured(f"{name} must name a file that exists.")
    return path


def read() -> Env:
    """Read the environment. Raises ImproperlyConfigured naming the variable at fault."""
    data_dir = Path(os.environ.get("DATA_DIR") or BASE_DIR / "var").expanduser().resolve()
    if data_dir.exists() and not data_dir.is_dir():
        raise ImproperlyConfigured(f"DATA_DIR must be a folder: {data_dir}")
    production = _flag("PRODUCTION")
    debug = _flag("DEBUG")
    if production and debug:
        raise ImproperlyConfigured("DEBUG must be 0 when PRODUCTION is 1: its error pages show case text.")
    return Env(
        data_dir=data_dir,
        debug=debug,
        production=production,
        allowed_hosts=_hosts(production),
        trusted_origins=_origins(),
        database_url=_url("DATABASE_URL", DATABASE_SCHEMES),
        redis_url=_url("REDIS_URL", REDIS_SCHEMES),
        secret_key=_secret_key(data_dir, production),
        master_keys=os.environ.get("MASTER_KEYS", ""),
        demo_password=os.environ.get("DEMO_PASSWORD", "") or _stored(data_dir, "demo_password"),
        mail_ca_file=_file("MAIL_CA_FILE"),
    )
