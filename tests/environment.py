"""Loaded by pytest before Django's settings are read (`-p tests.environment` in pyproject.toml).

Every test process gets a DATA_DIR and keys of its own, so that no test ever touches an office's data, and, with several
processes, a Redis database of its own. DATABASE_URL and REDIS_URL alone pass through: they choose what the suite runs on.
"""

import atexit
import base64
import os
import secrets
import shutil
import tempfile
from pathlib import Path

OF_THE_OFFICE = (
    "ALLOWED_HOSTS",
    "CLAMD_SOCKET",
    "DEBUG",
    "DEMO_PASSWORD",
    "IDLE_MINUTES",
    "MAIL_CA_FILE",
    "MASTER_KEYS",
    "PASSWORD_LENGTH",
    "PORT",
    "PRODUCTION",
    "SECRET_KEY",
    "SESSION_HOURS",
    "TRUSTED_ORIGINS",
    "TRUSTED_PROXIES",
)


def _private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)


def _key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


for name in OF_THE_OFFICE:
    os.environ.pop(name, None)

data_dir = Path(tempfile.mkdtemp(prefix="zhuoluo-test-"))
atexit.register(shutil.rmtree, data_dir, ignore_errors=True)
os.environ["DATA_DIR"] = str(data_dir)
for folder in ("keys", "files", "static", "queue/messages", "queue/control"):
    (data_dir / folder).mkdir(mode=0o700, parents=True)
_private(data_dir / "keys" / "secret_key", secrets.token_urlsafe(48))
_private(data_dir / "keys" / "master_keys", f"1:{_key()}\nsearch:{_key()}\n")

worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
if os.environ.get("REDIS_URL"):
    os.environ["REDIS_URL"] = os.environ["REDIS_URL"].rsplit("/", 1)[0] + f"/{worker}"

# Playwright's synchronous interface runs an event loop in the test's own thread; Django would refuse the ORM there.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
