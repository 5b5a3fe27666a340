"""The measured server, as script/server starts it, and people who ask it for pages over HTTP."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

from django.conf import settings
from django.test import Client

SETTINGS = "rectification.benchmark.settings"
START_SECONDS = 60


@contextmanager
def server():
    """gunicorn on a free port of 127.0.0.1; yields the port. It ends with this block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "inspection.wsgi", "--config", "script/gunicorn.conf.py"]
    command += ["--bind", f"127.0.0.1:{port}"]
    log = Path(settings.DATA_DIR) / "web.log"
    with log.open("wb") as out:
        environment = os.environ | {"DJANGO_SETTINGS_MODULE": SETTINGS}
        process = subprocess.Popen(
            command,
            cwd=settings.BASE_DIR,
            env=environment,
            stdout=out,
            stderr=out,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            _wait(process, port, log)
            yield port
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)


def _wait(process: subprocess.Popen, port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
        finally:
            connection.close()
    raise RuntimeError(f"The measured server did not start:\n{log.read_text('utf-8', 'replace')[-3000:]}")


@dataclass(frozen=True)
class Answer:
    """ms  how long it took; statements, database_ms  what the server says of it"""

    ms: float
    status: int
    statements: int
    database_ms: float
    body: bytes


class Person:
    """A signed-in user with a connection that stays open and cookies that are kept, as a browser does."""

    def __init__(self, user, port: int):
        browser = Client()
        browser.force_login(user)
        self.user, self.port = user, port
        self.cookies = {name: morsel.value for name, morsel in browser.cookies.items()}
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)

    def get(self, path: str, **asked) -> Answer:
        """One page. Raises RuntimeError unless it is answered with 200."""
        return self._ask("GET", f"{path}?{urlencode(asked)}" if asked else path, None, {}, 200)

    def post(self, path: str, body: bytes, kind: str, expect: int) -> Answer:
        """Send a form or JSON with the token that a form carries."""
        token = "a" * 32
        self.cookies["csrftoken"] = token
        return self._ask("POST", path, body, {"Content-Type": kind, "X-CSRFToken": token}, expect)

    def _ask(self, method: str, path: str, body, headers: dict, expect: int) -> Answer:
        headers = headers | {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        try:
            began, response = self._sent(method, path, body, headers)
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            self.connection.close()  # left unused for two seconds, and closed by the server
            began, response = self._sent(method, path, body, headers)
        content = response.read()
        ms = (time.perf_counter() - began) * 1000
        for line in response.headers.get_all("Set-Cookie", ()):
            self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
        if response.status != expect:
            raise RuntimeError(
                f"{method} {path}: {response.status} instead of {expect}\n{content[:400].decode('utf-8', 'replace')}"
            )
        statements, database_ms = response.headers.get("X-Statements", "0"), response.headers.get("X-Database-Ms", "0")
        return Answer(ms, response.status, int(statements), float(database_ms), content)

    def _sent(self, method: str, path: str, body, headers: dict) -> tuple[float, http.client.HTTPResponse]:
        began = time.perf_counter()
        self.connection.request(method, path, body, headers)
        return began, self.connection.getresponse()
