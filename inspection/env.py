"""The one list of environment variables. Each is read here, typed and checked, and nowhere else.

A variable that makes no sense stops the start with a sentence that names it: a half-configured office is worse than a closed one.
The sentence never repeats a value that may hold a password.
"""

import base64
import binascii
import ipaddress
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
MIN_SECRET_LENGTH = 32
MIN_SECRET_LENGTH_IN_PRODUCTION = 50
KNOWN_SECRETS = ("django-insecure", "changeme", "change-me", "change_me", "secret", "password", "example", "12345678", "zhuoluo")
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
    trusted_proxies  addresses of proxies whose X-Forwarded-For is believed
    idle_minutes     a session left alone for so long ends
    session_hours    a sign-in lasts no longer, however busy
    password_length  the fewest characters of a password
    clamd_socket     virus scanner asked about each upload: a path, or "tcp://host:3310"; empty for none
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
    trusted_proxies: tuple[str, ...]
    idle_minutes: int
    session_hours: int
    password_length: int
    mail_ca_file: str
    clamd_socket: str


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

    Raises ImproperlyConfigured when the key is shorter than 32 characters, or when production has none that is hard to guess.
    """
    key = os.environ.get("SECRET_KEY", "") or _stored(data_dir, "secret_key")
    if not key and not production:
        # Commands that need no secret (init_keys, makemessages, --help) must run before keys exist. Random, so that a
        # server started without keys signs with something that nobody can know.
        key = secrets.token_urlsafe(MIN_SECRET_LENGTH)
    if len(key) < MIN_SECRET_LENGTH:
        raise ImproperlyConfigured("SECRET_KEY must be set and hold at least 32 characters (manage.py init_keys makes one).")
    if production:
        _hard_to_guess(key)
    return key


def _hard_to_guess(key: str) -> None:
    """Refuse what an office in production must not sign with."""
    advice = "Remove it and let manage.py init_keys make one."
    if len(key) < MIN_SECRET_LENGTH_IN_PRODUCTION:
        raise ImproperlyConfigured(f"SECRET_KEY must hold at least 50 characters when PRODUCTION is 1. {advice}")
    if len(set(key)) < 12:
        raise ImproperlyConfigured(f"SECRET_KEY repeats a few characters: it is not random. {advice}")
    if any(known in key.casefold() for known in KNOWN_SECRETS):
        raise ImproperlyConfigured(f"SECRET_KEY looks like an example that others know. {advice}")


def _master_keys(production: bool) -> str:
    """MASTER_KEYS as given; inspection.vault.keys reads them. In production each must be 32 bytes that look random."""
    given = os.environ.get("MASTER_KEYS", "")
    for entry in filter(None, map(str.strip, given.replace(",", "\n").splitlines())) if production else ():
        name, _colon, value = entry.partition(":")
        try:
            key = base64.b64decode(value, validate=True)
        except binascii.Error as error:
            raise ImproperlyConfigured(f"MASTER_KEYS: the key of entry {name[:20]!r} is not base64.") from error
        if len(key) != 32 or len(set(key)) < 8:
            raise ImproperlyConfigured(f"MASTER_KEYS: the key of entry {name[:20]!r} must be 32 random bytes.")
    return given


def _demo_password(data_dir: Path, production: bool) -> str:
    """The demo cast's password; none in production, where a variable left over from a trial stops the start."""
    given = os.environ.get("DEMO_PASSWORD", "")
    if production and given:
        raise ImproperlyConfigured("DEMO_PASSWORD must not be set when PRODUCTION is 1: the demonstration shares one password.")
    return "" if production else given or _stored(data_dir, "demo_password")


def _number(name: str, default: int, least: int, most: int) -> int:
    text = os.environ.get(name, "").strip() or str(default)
    if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
        raise ImproperlyConfigured(f"{name} must be a number from {least} to {most}.")
    return int(text)


def _proxies(production: bool) -> tuple[str, ...]:
    """In production the program listens on this machine alone, behind a proxy on the same machine, unless told otherwise."""
    given = _names("TRUSTED_PROXIES", "127.0.0.1,::1" if production else "")
    try:
        return tuple(str(ipaddress.ip_address(address)) for address in given)
    except ValueError as error:
        raise ImproperlyConfigured("TRUSTED_PROXIES must hold addresses such as 10.0.0.5, divided by commas.") from error


def _file(name: str) -> str:
    path = os.environ.get(name, "").strip()
    if path and not os.path.isfile(path):
        raise ImproperlyConfigured(f"{name} must name a file that exists.")
    return path


def _clamd() -> str:
    address = os.environ.get("CLAMD_SOCKET", "").strip()
    if address and not address.startswith(("/", "tcp://")):
        raise ImproperlyConfigured("CLAMD_SOCKET must be the path of a socket, or tcp://host:port.")
    return address


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
        master_keys=_master_keys(production),
        demo_password=_demo_password(data_dir, production),
        trusted_proxies=_proxies(production),
        idle_minutes=_number("IDLE_MINUTES", 30, 1, 720),
        session_hours=_number("SESSION_HOURS", 12, 1, 24),
        password_length=_number("PASSWORD_LENGTH", 12, 8, 64),
        mail_ca_file=_file("MAIL_CA_FILE"),
        clamd_socket=_clamd(),
    )
