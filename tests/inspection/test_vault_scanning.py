"""Uploads and the virus scanner: what it finds is refused, and nothing comes in while it is away."""

import io
import logging
import socket
import struct
import threading

import pytest

from inspection.vault import files, scanning

# The industry's harmless test string, put together here so that no scanner takes this file for it.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class Clamd(threading.Thread):
    """A scanner of the test's own: reads one INSTREAM after the other and answers as clamd does."""

    def __init__(self, path, answer=None):
        super().__init__(daemon=True)
        self.seen, self.answer = [], answer
        self.listening = socket.socket(socket.AF_UNIX)
        self.listening.bind(str(path))
        self.listening.listen()

    def run(self):
        while True:
            try:
                asked, _address = self.listening.accept()
            except OSError:
                return
            with asked, asked.makefile("rb") as sent:
                assert sent.read(10) == b"zINSTREAM\0"
                content = b""
                while length := struct.unpack(">I", sent.read(4))[0]:
                    content += sent.read(length)
                self.seen.append(content)
                found = b"stream: Eicar-Test-Signature FOUND\0" if EICAR in content else b"stream: OK\0"
                asked.sendall(found if self.answer is None else self.answer)

    def stop(self):
        self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()


@pytest.fixture
def clamd(tmp_path, settings):
    made = []

    def start(answer=None):
        path = tmp_path / f"clamd{len(made)}"
        made.append(Clamd(path, answer))
        made[-1].start()
        settings.CLAMD_SOCKET = str(path)
        return made[-1]

    yield start
    for one in made:
        one.stop()
        one.join()


def test_clean_files_pass_and_were_read_whole(clamd):
    scanner, content = clamd(), "情况说明".encode() * 40_000
    stream = io.BytesIO(content)
    assert files.examine(stream, "a.txt") == "text/plain"
    assert scanner.seen == [content] and stream.tell() == 0


def test_what_the_scanner_finds_is_refused_and_named_in_the_log_only(clamd, caplog):
    clamd()
    with caplog.at_level(logging.WARNING), pytest.raises(files.Refused) as refused:
        files.examine(io.BytesIO(b"text " + EICAR), "a.txt")
    assert refused.value.code == "infected" and "Eicar-Test-Signature FOUND" in caplog.text


def test_nothing_comes_in_while_the_scanner_is_away_or_odd(clamd, settings, tmp_path):
    settings.CLAMD_SOCKET = str(tmp_path / "nobody")
    for prepare in (
        lambda: None,
        lambda: clamd(b"INSTREAM size limit exceeded. ERROR\0"),
        lambda: clamd(b""),
        lambda: setattr(settings, "CLAMD_SOCKET", "tcp://127.0.0.1:1"),
    ):
        prepare()
        with pytest.raises(files.Unscanned) as refused:
            files.examine(io.BytesIO(b"text"), "a.txt")
        assert refused.value.code == "unscanned"


def test_without_a_scanner_nobody_is_asked(settings):
    settings.CLAMD_SOCKET = ""
    assert scanning.is_clean(io.BytesIO(EICAR))
