"""Backups: the recovery drill of docs/operations.md, line by line, and what archives are refused for."""

import io
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import uuid
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from inspection.backups import archive, databases, making, restoring
from inspection.numbers.models import Counter
from inspection.trail import sealing
from inspection.trail.recording import record
from inspection.vault import envelopes, files, index, keys, streams
from petitions import receipts
from petitions.models import Petition
from tests.petitions.making import make_petition

ROOT = Path(__file__).resolve().parents[2]
STEPS = re.compile(r"^ *```drill( postgresql)?\n(.*?)^ *```$", re.M | re.S)
SUBJECT, TEXT = "集市占道无人过问", "南门集市常年占道，多次反映未果。"

LOOK = """
import sys
from django.test import Client
from inspection.accounts.models import User
client = Client(SERVER_NAME="localhost")
client.force_login(User.objects.get(username="leader1"))
page = client.get("/petitions/%(number)s/").content.decode()
found = client.get("/petitions/", {"q": "占道无人"}).content.decode()
print("OPENED" if "%(text)s" in page else "", "FOUND" if "%(number)s" in found else "")
"""


# --- the drill -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def office(world, tmp_path):
    """A copy of the test's database, keys and files as an office of its own, and how to run commands in it."""
    petition = make_petition(world.assignment_a, world.leader1, subject=SUBJECT, text=TEXT, number="T01-2026-0001")
    files.store(io.BytesIO(b"%PDF-1.7 paper"), "证据.pdf", owner=petition.owner)
    index.put("petition", petition.pk, [SUBJECT, TEXT])
    receipts.came([petition])
    call_command("reindex", "petition", verbosity=0, stdout=io.StringIO())
    Counter.objects.create(prefix="T01", year=2026, value=1)
    for assignment in (world.assignment_a, world.assignment_b, world.assignment_c):
        record("assign", assignment, by=world.admin, to_state=assignment.state)
    sealing.seal_pending()
    data = tmp_path / "data"
    shutil.copytree(keys.folder(), data / "keys")
    shutil.copytree(files.settings.FILES_DIR, data / "files")
    shutil.copy(sealing.log_file(), data / "seals.log")
    with _own_database(data) as variables:
        paths = {"DATA_DIR": str(data), "PAPER": str(tmp_path / "paper"), "SAFE": str(tmp_path)}
        environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "PYTHONPATH": str(ROOT), **paths, **variables}
        environment.pop("REDIS_URL", None)

        def run(command: str) -> subprocess.CompletedProcess:
            shell = f'manage.py() {{ "{sys.executable}" "{ROOT}/manage.py" "$@"; }}\nset -eu\n{command}'
            return subprocess.run(["bash", "-c", shell], env=environment, capture_output=True, text=True, check=False, cwd=ROOT)

        yield run, data, petition.number
    sealing.log_file().unlink()
    shutil.rmtree(files.settings.FILES_DIR)
    files.settings.FILES_DIR.mkdir()


def _own_database(data: Path):
    return _own_postgres() if connection.vendor == "postgresql" else _own_sqlite(data)


class _own_sqlite:
    def __init__(self, data: Path):
        self.path = data / "zhuoluo.sqlite3"

    def __enter__(self):
        with closing(sqlite3.connect(connection.settings_dict["NAME"])) as live:
            live.execute("VACUUM INTO ?", [str(self.path)])
        return {"DATABASE_URL": ""}

    def __exit__(self, *_error):
        return None


class _own_postgres:
    def __enter__(self):
        given, self.name = connection.get_connection_params(), f"drill_{uuid.uuid4().hex[:8]}"
        self.server = {name: given[name] for name in ("host", "port", "user", "password") if given.get(name)}
        connection.close()  # a database is copied only while nobody is connected
        self._do(f'CREATE DATABASE "{self.name}" TEMPLATE "{connection.settings_dict["NAME"]}"')
        host = self.server.get("host", "").replace("/", "%2F")
        login = ":".join(filter(None, (self.server.get("user"), self.server.get("password"))))
        url = f"postgres://{login}@{host}:{self.server.get('port', '')}/{self.name}"
        libpq = {"PGHOST": "host", "PGPORT": "port", "PGUSER": "user", "PGPASSWORD": "password"}
        variables = {name: str(self.server[key]) for name, key in libpq.items() if key in self.server}
        return {"DATABASE_URL": url, "PGDATABASE": self.name, **variables}

    def __exit__(self, *_error):
        self._do(f'DROP DATABASE IF EXISTS "{self.name}"')

    def _do(self, sql: str) -> None:
        with closing(psycopg2.connect(dbname="postgres", **self.server)) as server:
            server.autocommit = True
            server.cursor().execute(sql)


@pytest.mark.django_db(transaction=True)
def test_the_recovery_drill_as_it_is_written(office, tmp_path):
    run, data, number = office
    steps = STEPS.findall((ROOT / "docs" / "operations.md").read_text("utf-8"))
    assert len(steps) == 7
    for only, lines in steps:
        if only and connection.vendor != "postgresql":
            continue
        done = run(lines)
        assert done.returncode == 0, lines + done.stdout + done.stderr
        if "restore" in lines:
            restored = done.stdout
    seal = sealing.newest().digest
    assert seal in restored and "核验通过" in restored and "信访件：1" in restored
    look = run(f"manage.py shell -v0 -c '{LOOK % {'number': number, 'text': TEXT}}'")
    assert "OPENED FOUND" in look.stdout, look.stdout + look.stderr

    again = run('manage.py restore "$SAFE/office.zlb"')
    assert again.returncode == 1 and "--force" in again.stderr
    forced = run('manage.py restore --force "$SAFE/office.zlb"')
    assert forced.returncode == 0, forced.stdout + forced.stderr
    [aside] = data.glob("before-restore-*")
    assert (aside / "files").is_dir() and any(path.stat().st_size > 100_000 for path in aside.iterdir())
    assert run("manage.py verify").returncode == 0

    sealed = (tmp_path / "office.zlb").read_bytes()
    assert not any(word in sealed for word in (TEXT.encode(), b"zhuoluo", b"petitions_petition", b"leader1", b"manifest"))


# --- what is refused ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def made(tmp_path):
    """An archive of two members and its manifest."""
    return _archive(tmp_path / "a.zlb", {"database": b"d" * 200_000, "seals.log": b"1 1 2 2 ab\n"})


def _archive(path: Path, members: dict[str, bytes], manifest: dict | None = None) -> Path:
    with path.open("wb") as file:
        writer = archive.Writer(file, uuid.uuid4())
        listed = {name: writer.add(name, io.BytesIO(data), len(data)) for name, data in members.items()}
        writer.close({"members": {name: [member.size, member.sha256] for name, member in listed.items()}} | (manifest or {}))
    return path


def _unpack(path: Path, into: Path):
    into.mkdir(exist_ok=True)
    return archive.unpack(path, into, lambda done: None)


def test_an_archive_opens_to_what_was_put_in(made, tmp_path):
    manifest = _unpack(made, tmp_path / "out")
    assert set(manifest["members"]) == {"database", "seals.log"}
    assert (tmp_path / "out" / "database").read_bytes() == b"d" * 200_000
    assert b"dddd" not in made.read_bytes() and made.read_bytes().count(b"\n") < 3_000


def test_damage_is_noticed_wherever_it_is(made, tmp_path):
    """Cut off at any chunk's end or within one, one bit changed anywhere, something added: nothing is believed."""
    whole = made.read_bytes()
    line = whole.index(b"\n", 6) + 1
    chunk = streams.CHUNK_BYTES + streams.TAG_BYTES
    cuts = [whole[:end] for end in (line, line + 7, line + 7 + chunk, line + 7 + 2 * chunk, len(whole) - 1)]
    bits = [
        whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :] for at in (line + 3, line + 100, len(whole) // 2, len(whole) - 1)
    ]
    swapped = whole[: line + 7] + whole[line + 7 + chunk : line + 7 + 2 * chunk] + whole[line + 7 : line + 7 + chunk]
    swapped += whole[line + 7 + 2 * chunk :]
    for number, damaged in enumerate([*cuts, *bits, swapped, whole + b"x"]):
        made.write_bytes(damaged)
        with pytest.raises(archive.Unreadable) as refused:
            _unpack(made, tmp_path / f"out{number}")
        assert refused.value.code == "damaged", number


def test_foreign_files_and_other_keys_are_told_apart(made, tmp_path, settings):
    (tmp_path / "b").write_bytes(b"PK\x03\x04")
    with pytest.raises(archive.Unreadable) as refused:
        _unpack(tmp_path / "b", tmp_path / "one")
    assert refused.value.code == "foreign"
    for number, ring in enumerate(("1", "2")):  # the same version with other bytes, and a version that is not there
        settings.MASTER_KEYS = ",".join((keys.fresh_entry(ring).strip(), keys.fresh_entry(keys.SEARCH).strip()))
        with pytest.raises(archive.Unreadable) as refused:
            _unpack(made, tmp_path / f"out{number}")
        assert refused.value.code == "key"


def test_members_that_lead_elsewhere_are_refused(tmp_path):
    for number, name in enumerate(("../evil", "/etc/evil", "files/../../evil", "keys/master_keys", "files/ab/not-a-uuid")):
        path = _archive(tmp_path / f"{number}.zlb", {name: b"x"})
        with pytest.raises(archive.Unreadable) as refused:
            _unpack(path, tmp_path / f"out{number}")
        assert refused.value.code == "contents"
    with (tmp_path / "link.zlb").open("wb") as file:
        writer = archive.Writer(file, uuid.uuid4())
        info = tarfile.TarInfo("database")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        writer._tar.addfile(info)
        writer.close({"members": {}})
    with pytest.raises(archive.Unreadable):
        _unpack(tmp_path / "link.zlb", tmp_path / "link")
    lying = _archive(tmp_path / "lying.zlb", {"database": b"x"}, {"members": {"database": [1, "0" * 64]}})
    with pytest.raises(archive.Unreadable) as refused:
        _unpack(lying, tmp_path / "lying")
    assert refused.value.code == "contents"


@pytest.mark.django_db
def test_what_this_program_cannot_take_in_is_refused_before_anything_is_touched():
    identity = uuid.uuid4()
    good = {
        "format": making.FORMAT,
        "archive": str(identity),
        "vendor": connection.vendor,
        "migrations": {"petitions": ["0001_initial"]},
        "key_versions": [1],
        "search_key": making.search_key(identity),
    }
    restoring._suits(good)
    refused = (
        ({"format": 2}, "更新的程序"),
        ({"vendor": "oracle"}, "oracle"),
        ({"migrations": {"petitions": ["0001_initial", "0999_from_the_future"]}}, "0999_from_the_future"),
        ({"key_versions": [1, 7]}, "7"),
        ({"search_key": "0" * 64}, "检索密钥"),
    )
    for change, why in refused:
        with pytest.raises(restoring.RestoreRefused, match=why):
            restoring._suits(good | change)


@pytest.mark.django_db
def test_a_database_with_people_in_it_is_not_empty(world, tmp_path, settings, made):
    settings.DATA_DIR = tmp_path / "data"
    assert not databases.is_empty()
    with pytest.raises(restoring.RestoreRefused, match="--force"):
        restoring.restore(made, force=False, progress=lambda done: None)
    assert Petition.objects.count() == 0 and not list(tmp_path.glob("data/before-restore*"))


def test_a_running_server_keeps_restoring_out(tmp_path, settings, made):
    settings.DATA_DIR = tmp_path
    with restoring._server_stopped(), pytest.raises(restoring.RestoreRefused, match="正在运行"):
        restoring.restore(made, force=True, progress=lambda done: None)


@pytest.mark.postgres
@pytest.mark.django_db
def test_programs_of_another_version_are_refused_with_what_helps(monkeypatch, tmp_path):
    assert databases.program("pg_dump", databases.server_major())
    for name in ("pg_dump", "pg_restore"):
        with pytest.raises(databases.DatabaseRefused, match="postgresql-client-99"):
            databases.program(name, 99)


@pytest.mark.django_db
def test_a_file_destroyed_while_copying_is_destroyed_after_restoring(world):
    stored = files.store(io.BytesIO(b"%PDF-1.7"), "a.pdf", owner="m:1")
    manifest = {
        "archive": str(uuid.uuid4()),
        "made_at": timezone.now().isoformat(),
        "seal": None,
        "destroyed": [str(stored.pk)],
    }
    backup = restoring.settle(json.loads(json.dumps(manifest)))
    stored.refresh_from_db()
    assert stored.wrapped_key is None and backup.restored_at is not None
    with pytest.raises(envelopes.Destroyed):
        stored.name  # noqa: B018 - reading it is what must fail
