"""The two commands and what they stand on: clear words when something is in the way, and nothing left behind."""

import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SERVER = ROOT / "script" / "server"
FOR_TESTS_ONLY = ("DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE", "DJANGO_ALLOW_ASYNC_UNSAFE", "DEMO_PASSWORD")


def environment(**more) -> dict:
    """The environment of a person at a terminal, without what the test run itself needs."""
    return {name: value for name, value in os.environ.items() if name not in FOR_TESTS_ONLY} | more


def run(*command, **more) -> subprocess.CompletedProcess:
    """Run a command to its end; stderr goes with stdout, as on a terminal."""
    options = {"cwd": ROOT, "env": environment(), "stdin": subprocess.DEVNULL, "timeout": 120} | more
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


# What is in the way ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("script", ["server", "test"])
def test_help_and_unknown_words(script):
    told = run(ROOT / "script" / script, "--help")
    assert told.returncode == 0
    assert told.stdout.startswith(f"script/{script}")
    refused = run(ROOT / "script" / script, "--nonsense")
    assert refused.returncode == 2
    assert refused.stdout.startswith(f"script/{script}")


def test_a_busy_port_is_named(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        refused = run(SERVER, env=environment(PORT=str(port), DATA_DIR=str(tmp_path)))
    assert refused.returncode == 1
    assert f"Port {port} is already in use" in refused.stdout
    assert not (tmp_path / "keys").exists()


@pytest.mark.parametrize("port", ["0", "65536", "http", "80 80"])
def test_a_port_that_is_none(tmp_path, port):
    refused = run(SERVER, env=environment(PORT=port, DATA_DIR=str(tmp_path)))
    assert refused.returncode == 1
    assert "PORT must be a number" in refused.stdout


def test_a_data_folder_that_is_a_file(tmp_path):
    (tmp_path / "file").touch()
    refused = run(SERVER, env=environment(PORT=str(free_port()), DATA_DIR=str(tmp_path / "file")))
    assert refused.returncode == 1
    assert "DATA_DIR cannot be written to" in refused.stdout


# Preparing -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def prepare(tmp_path):
    """A function that runs shell lines after sourcing script/prepare.sh, with stand-ins for programs put before the real ones."""

    def lines(text, **programs):
        folder = tmp_path / "programs"
        folder.mkdir(exist_ok=True)
        for name, body in programs.items():
            program = folder / name.replace("_", "-")
            program.write_text(f"#!/bin/sh\n{body}\n")
            program.chmod(0o755)
        source = f'set -euo pipefail\n. "{ROOT}/script/prepare.sh"\nLOG="{tmp_path}/log"\ntrap stop_started EXIT\n{text}'
        return run("bash", "-c", source, env=environment(PATH=f"{folder}:{os.environ['PATH']}"))

    return lines


def test_a_normal_user_is_told_in_one_message_what_to_install(prepare):
    told = prepare("install_packages libpango-1.0-0 fonts-noto-cjk; echo went on", id="echo 1000")
    assert told.returncode == 1
    assert "System packages are missing: libpango-1.0-0 fonts-noto-cjk" in told.stdout
    assert "apt-get install --no-install-recommends libpango-1.0-0 fonts-noto-cjk" in told.stdout
    assert "went on" not in told.stdout


def test_nothing_missing_asks_for_nothing(prepare):
    assert prepare("install_packages; echo went on", id="echo 1000").stdout == "went on\n"


def test_a_missing_font_is_noticed(prepare):
    assert prepare("missing_for_server", fc_list="exit 0").stdout == "fonts-noto-cjk\n"
    assert prepare("missing_for_server", fc_list="echo Font").stdout == ""


def test_old_node_and_npm_are_passed_over(prepare):
    asked = "node_is_good && echo good || echo not"
    assert prepare(asked, node="echo v20.20.2", npm="echo 6.14.4").stdout == "not\n"
    assert prepare(asked, node="echo v16.20.2", npm="echo 9.2.0").stdout == "not\n"
    assert prepare(asked, node="echo v18.19.0", npm="echo 9.2.0").stdout == "good\n"
    assert prepare(asked, node="exit 127", npm="exit 127").stdout == "not\n"


def test_a_step_moves_while_it_runs_and_tells_its_time(prepare):
    told = prepare("step Waiting sleep 4.5")
    assert told.returncode == 0
    assert re.fullmatch(r"  Waiting \.{2,} [4-6]s\n", told.stdout)


def test_a_failed_step_shows_how_it_ended_and_stops(prepare):
    told = prepare("step Breaking sh -c 'echo the reason; exit 7'; echo went on")
    assert told.returncode == 1
    assert "Breaking: failed" in told.stdout
    assert "(exit 7)" in told.stdout
    assert "the reason" in told.stdout
    assert "went on" not in told.stdout


def test_what_a_step_started_ends_with_the_script(prepare, tmp_path):
    pid = tmp_path / "pid"
    source = f"(sleep 1; kill -TERM $$) & step Long sh -c 'sleep 300 & echo $! >{pid}; wait'"
    assert prepare(source + " || true").returncode != 0
    assert not alive(int(pid.read_text()))


def test_a_stamp_is_kept_only_for_the_same_text(prepare, tmp_path):
    (tmp_path / "stamp").write_text("one")
    assert prepare(f"stamped {tmp_path}/stamp one && echo same").stdout == "same\n"
    assert prepare(f"stamped {tmp_path}/stamp two || echo other").stdout == "other\n"
    assert prepare(f"stamped {tmp_path}/none one || echo other").stdout == "other\n"


# Translations ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def office(tmp_path):
    """A small project with script/messages, one template, and a catalogue that a test writes."""
    (tmp_path / "script").mkdir()
    shutil.copy(ROOT / "script" / "messages", tmp_path / "script")
    (tmp_path / "page.html").write_text('{% load i18n %}{% trans "转办" %}{% blocktrans %}共 {{ n }} 件{% endblocktrans %}')
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    catalogue = tmp_path / "locale" / "en" / "LC_MESSAGES" / "django.po"
    catalogue.parent.mkdir(parents=True)

    def check(**english):
        header = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n'
        entries = {"转办": english.get("transfer", "Transfer"), "共 %(n)s 件": english.get("count", "%(n)s in all")}
        body = "".join(
            f'\n#, python-format\nmsgid "{key}"\nmsgstr "{text}"\n' for key, text in entries.items() if text is not None
        )
        catalogue.write_text(header + body.replace("#, python-format", english.get("flag", "#, python-format")))
        before = catalogue.read_bytes()
        told = run(sys.executable, tmp_path / "script" / "messages", "--check", cwd=tmp_path)
        assert catalogue.read_bytes() == before
        return told

    return check


def test_a_complete_catalogue_passes(office):
    told = office()
    assert told.returncode == 0, told.stdout
    assert "2 strings, all in English" in told.stdout


@pytest.mark.parametrize(
    ("english", "fault"),
    [
        ({"transfer": None}, "not in the catalogue: '转办'"),
        ({"transfer": ""}, "without English: '转办'"),
        ({"flag": "#, fuzzy, python-format"}, "fuzzy: '转办'"),
        ({"count": "%(m)s in all"}, "'m'"),
    ],
)
def test_a_fault_in_the_catalogue_is_named(office, english, fault):
    told = office(**english)
    assert told.returncode == 1
    assert fault in told.stdout


# Serving ---------------------------------------------------------------------------------------------------------------


def alive(pid: int) -> bool:
    """Whether the process runs; one that ended and waits to be collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def descendants(pid: int) -> dict[int, str]:
    """Process id → command line of everything that `pid` started, and what that started."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except FileNotFoundError:
                continue
    found = {}
    grown = {pid}
    while grown:
        grown = {child for child, parent in parents.items() if parent in grown} - set(found)
        found |= {child: _command(child) for child in grown}
    return found


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except FileNotFoundError:
        return ""


class Serving:
    """One running script/server."""

    def __init__(self, data_dir: Path, *arguments: str, **variables):
        self.port = free_port()
        self.env = environment(PORT=str(self.port), DATA_DIR=str(data_dir), **variables)
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            [SERVER, *arguments],
            cwd=data_dir.parent,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # A shell starts what it puts in the background with Ctrl-C ignored, and a script cannot undo that by itself.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        self.printed = []
        for line in self.process.stdout:
            self.printed.append(line)
            if "Stop: Ctrl-C" in line:
                break
        self.seconds = time.monotonic() - self.began
        self.children = {}

    @property
    def text(self) -> str:
        """All that was printed."""
        return "".join(self.printed)

    def get(self, path: str) -> int:
        """The status of a page."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=20) as answer:
            return answer.status

    def main(self, name: str) -> int:
        """The process id of the web server or the worker, once it has started others of its own."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            found = [pid for pid, command in descendants(self.process.pid).items() if name in command]
            if len(found) > 1:
                return min(found)
            time.sleep(0.2)
        raise AssertionError(f"{name} did not start: {self.text}")

    def kill(self, signal_number: int, pid: int | None = None) -> None:
        """Send a signal to the script, or to one of its processes, and remember who was there."""
        self.children = descendants(self.process.pid)
        os.kill(pid or self.process.pid, signal_number)

    def end(self) -> int:
        """Wait for the end and return the exit code. Fails when a process it started is still there."""
        rest, _ = self.process.communicate(timeout=60)
        self.printed.append(rest)
        assert {pid: command for pid, command in self.children.items() if alive(pid)} == {}
        return self.process.returncode


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    """One data folder for the starts below, in a folder whose name has a space."""
    return tmp_path_factory.mktemp("an office") / "data"


@pytest.fixture
def serve(data_dir):
    """A function that starts script/server on the data folder; whatever a test forgets is ended here."""
    running = []

    def start(*arguments, **variables):
        running.append(Serving(data_dir, *arguments, **variables))
        assert running[-1].process.poll() is None, running[-1].text
        return running[-1]

    yield start
    for serving in running:
        if serving.process.poll() is None:
            serving.process.terminate()
            serving.process.communicate(timeout=60)


@pytest.fixture
def made(serve, data_dir):
    """The data folder after a first start, whichever test comes first."""
    if not (data_dir / "keys").exists():
        serving = serve("--no-demo")
        serving.kill(signal.SIGTERM)
        serving.end()


@pytest.mark.first
class TestServing:
    """Starts on one data folder: one finds it empty, the others find it made."""

    def test_the_first_start_makes_everything_and_ctrl_c_stops_everything(self, serve, data_dir):
        assert not (data_dir / "keys").exists(), "it comes first: everything is yet to be made"
        serving = serve("--no-demo")
        assert f"http://127.0.0.1:{serving.port}" in serving.text
        assert serving.get("/healthz") == 200
        assert serving.main("gunicorn") != serving.main("celery")
        assert stat.S_IMODE(data_dir.stat().st_mode) == 0o700
        keys = [path for path in (data_dir / "keys").iterdir() if path.is_file()]
        assert {path.name for path in keys} >= {"master_keys", "secret_key"}
        assert {stat.S_IMODE(path.stat().st_mode) for path in keys} == {0o600}
        serving.kill(signal.SIGINT)
        assert serving.end() == 130

    def test_a_second_start_is_quick_needs_no_network_and_keeps_the_keys(self, made, serve, data_dir):
        keys = (data_dir / "keys" / "master_keys").read_bytes()
        nowhere = "http://127.0.0.1:9/"
        serving = serve("--no-demo", PIP_INDEX_URL=nowhere, npm_config_registry=nowhere, http_proxy=nowhere, https_proxy=nowhere)
        assert re.findall(r"^  (\S.*?) \.*\s*\d+s$", serving.text, re.M) == ["Database"]
        others_at_work = max(1, os.getloadavg()[0] / os.cpu_count())
        assert serving.seconds < 10 * others_at_work
        assert (data_dir / "keys" / "master_keys").read_bytes() == keys

        other = run(SERVER, "--no-demo", env=serving.env | {"PORT": str(free_port())})
        assert other.returncode == 1
        assert "already running on this data folder" in other.stdout

        serving.kill(signal.SIGTERM)
        assert serving.end() == 143

    def test_the_access_log_does_not_repeat_what_was_searched_for(self, made, serve, data_dir):
        serving = serve("--no-demo")
        serving.get("/healthz?q=somebody")
        serving.kill(signal.SIGTERM)
        serving.end()
        log = (data_dir / "log" / "web.log").read_text()
        assert "/healthz" in log
        assert "somebody" not in log

    @pytest.mark.parametrize("name", ["gunicorn", "celery"])
    def test_when_one_process_dies_the_others_are_stopped_and_it_is_named(self, made, serve, name):
        serving = serve("--no-demo")
        serving.kill(signal.SIGKILL, serving.main(name))
        assert serving.end() == 1
        assert f"The {'web' if name == 'gunicorn' else 'worker'} process ended by itself" in serving.text
