"""A place, keys and a database for one run, gone when it ends; the run itself is a process of its own (`running`)."""

import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
from django.conf import settings
from django.core.management.base import CommandError

# What an office may have set and a run must not see: its keys, its broker and cache, its addresses.
OF_THE_OFFICE = (
    "ALLOWED_HOSTS", "DEBUG", "DEMO_PASSWORD", "MAIL_CA_FILE", "MASTER_KEYS", "PORT", "PRODUCTION", "REDIS_URL", "SECRET_KEY",
    "TRUSTED_ORIGINS",
)  # fmt: skip
MANAGE = (sys.executable, str(settings.BASE_DIR / "manage.py"))
ADDRESS = "database.url"  # in DATA_DIR


def run(database_url: str, options: dict, keep: bool) -> int:
    """Run the benchmark; returns its exit status. `database_url`: a server on which databases may be made; empty for SQLite."""
    folder = Path(tempfile.mkdtemp(prefix="zhuoluo-benchmark-"))
    try:
        with _database(database_url, keep) as url:
            environment = _environment(folder, url)
            (folder / ADDRESS).write_text(url, "utf-8")
            for name in ("queue/messages", "queue/control", "files", "static", "log"):
                (folder / name).mkdir(mode=0o700, parents=True)
            quiet = {"cwd": settings.BASE_DIR, "env": environment, "check": True, "stdout": subprocess.DEVNULL}
            # Keys before anything else: settings read them when a process starts.
            subprocess.run([*MANAGE, "init_keys"], **quiet)
            subprocess.run([*MANAGE, "migrate", "--no-input", "--skip-checks"], **quiet)
            subprocess.run([*MANAGE, "createcachetable"], **quiet)
            _gather(quiet)
            return _measure(environment, options)
    finally:
        if keep:
            print(f"kept: DATA_DIR={folder}; measure again: manage.py benchmark --use {folder}", file=sys.stderr)
        else:
            shutil.rmtree(folder, ignore_errors=True)


def again(folder: Path, against: Path | None, options: dict) -> int:
    """Measure a database that a run before has kept in `folder`, with the program as it is now; returns the exit status.

    against  what another run has kept of 10,000 petitions, to compare the lists with
    """
    options = options | {"again": True}
    if against:
        command = [*MANAGE, "benchmark", "--inside", json.dumps({"small_lists": True})]
        made = subprocess.run(command, cwd=settings.BASE_DIR, env=_kept(against), check=True, stdout=subprocess.PIPE)
        options["list_at_10000"] = json.loads(made.stdout.splitlines()[-1])
    return _measure(_kept(folder), options)


def _kept(folder: Path) -> dict[str, str]:
    """The environment of a kept run, its database and static files brought up to the program as it is now."""
    if not (folder / ADDRESS).exists():
        raise CommandError(f"{folder} was not kept by a benchmark.")
    environment = _environment(folder, (folder / ADDRESS).read_text("utf-8"))
    quiet = {"cwd": settings.BASE_DIR, "env": environment, "check": True, "stdout": subprocess.DEVNULL}
    subprocess.run([*MANAGE, "migrate", "--no-input", "--skip-checks"], **quiet)
    _gather(quiet)
    return environment


def _environment(folder: Path, url: str) -> dict[str, str]:
    """What the processes of a run see."""
    environment = {name: value for name, value in os.environ.items() if name not in OF_THE_OFFICE}
    own = {"DATA_DIR": str(folder), "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "rectification.benchmark.settings"}
    return environment | own


def _gather(quiet: dict) -> None:
    """Put the static files where the server finds them."""
    subprocess.run([*MANAGE, "collectstatic", "--no-input", "--ignore", "swagger*", "--ignore", "redoc"], **quiet)


def _measure(environment: dict[str, str], options: dict) -> int:
    command = [*MANAGE, "benchmark", "--inside", json.dumps(options)]
    return subprocess.run(command, cwd=settings.BASE_DIR, env=environment, check=False).returncode


@contextmanager
def _database(url: str, keep: bool):
    """A new database on the server of `url`, dropped at the end; yields its address. Empty for SQLite, a file in DATA_DIR."""
    if urlsplit(url).scheme not in ("postgres", "postgresql"):
        yield ""
        return
    name = f"zhuoluo_benchmark_{secrets.token_hex(4)}"
    own = urlsplit(url)._replace(path=f"/{name}").geturl()
    try:
        _say(url, f"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8'")
    except psycopg2.Error as error:
        raise CommandError(f"No database could be made on this server: {error}") from error
    try:
        yield own
    finally:
        if keep:
            print(f"kept: DATABASE_URL={own}", file=sys.stderr)
        else:
            _say(url, f'DROP DATABASE "{name}" WITH (FORCE)')


def _say(url: str, statement: str) -> None:
    """One statement, beside any transaction. A database cannot be made from within itself, so it is said to `postgres`."""
    connection = psycopg2.connect(urlsplit(url)._replace(scheme="postgresql", path="/postgres").geturl())
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
    finally:
        connection.close()
