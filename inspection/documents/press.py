"""The press: the only place that calls WeasyPrint. `paper` runs this file as a process of its own; nothing but tests imports it.

In:  one JSON object on stdin: parts (HTML documents in print order), ledgers (see `render`), static (folder of `print:` files),
     seconds, memory (bytes)
Out: one JSON line (pages, fonts, peak memory in bytes), then the PDF. On failure exit status 1 and a line "press:NAME" on
     stderr: the name of the error's type, never its text, because WeasyPrint and its parsers quote the document in theirs.

The process gets no environment and no keys, and the system ends it when it takes more CPU seconds or memory than it was given. Of
several parts each is laid out by a process of its own within these limits, two at a time where they are ledgers.
"""

import ctypes
import gc
import io
import json
import logging
import os
import re
import resource
import select
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree

from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DecodedStreamObject, DictionaryObject, NameObject
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

MEDIA_TYPES = {".css": "text/css", ".svg": "image/svg+xml", ".png": "image/png"}
TO_SPEAK = 128 * 1024**2  # address space kept back, so that a process out of memory can still say so
DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG
# Where ledger.css has number and marks; the second is for pages that show nothing but their number.
UNNUMBERED = "@page { @bottom-right { content: none !important } }"
BLANK = "@page { @bottom-left { content: none !important } } div { break-before: page } div:first-child { break-before: auto }"
PIECE = 1024**2  # bytes taken from a pipe at a time
FILE_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*\.[a-z]{3}")


class Refused(ValueError):
    """The document asked for something that is neither a print file nor inline data."""


class Failed(Exception):
    """A process that laid out a part failed; carries the word for it."""


class LocalFetcher(URLFetcher):
    """Serves `print:NAME` from one folder and data: URIs. Everything else (http, file, ftp, a redirect) stops the print."""

    def __init__(self, folder: Path):
        super().__init__(allowed_protocols=("data", "print"), allow_redirects=False, fail_on_errors=True)
        self.folder = Path(folder)

    def fetch(self, url, headers=None):
        """The resource behind `url`. Raises Refused."""
        scheme, _colon, name = url.partition(":")
        if scheme.lower() == "data":
            return super().fetch(url, headers)
        suffix = Path(name).suffix
        if scheme.lower() != "print" or not FILE_NAME.fullmatch(name) or suffix not in MEDIA_TYPES:
            raise Refused
        return URLFetcherResponse(url, (self.folder / name).read_bytes(), {"Content-Type": MEDIA_TYPES[suffix]})


class Document(HTML):
    """A document of a template. A ledger's are well-formed XML, which is read in a tenth of the time that HTML takes."""

    def __init__(self, text: str, folder: Path):
        try:
            tree = ElementTree.fromstring(text) if text.startswith("<!DOCTYPE html>") else None
        except ElementTree.ParseError:
            tree = None
        super().__init__(string="" if tree is not None else text, url_fetcher=LocalFetcher(folder))
        if tree is not None:
            self.etree_element = tree
            self.wrapper_element = type(self.wrapper_element).from_html_root(tree, content_language=None)


def render(parts: list[str], folder: Path, ledgers: int | None = None) -> tuple[bytes, int, list[str], int]:
    """All parts as one PDF; returns it with the number of pages, the names of the embedded fonts and the most memory held.

    Each of several parts is laid out by a process of its own (`Hand`) and joined afterwards: what it held goes with it, where one
    layout of 200 pages would take 476 MB, and collecting the remains of each part an eighth of its time.
    ledgers  from this part on all are ledgers, and a second hand begins with the last of them while the first begins with the
             first part; who is done takes the next, until they meet. The second's pages get their numbers only then.
    """
    gc.disable()  # a layout is one big graph in full use: collecting while it grows costs a third of the time and finds nothing
    joined, fonts, held = PdfWriter(), set(), [0, 0]
    if len(parts) == 1:
        _append(joined, _laid_out(parts[0], folder, ""), fonts)
    else:
        behind = []
        with closing(Hands(parts, folder, ledgers)) as hands:
            for forward, pdf, most in hands.results(lambda: len(joined.pages)):
                held[forward] = max(held[forward], most)
                if forward:
                    _append(joined, pdf, fonts)
                else:
                    behind.append(pdf)
        done = len(joined.pages)
        for pdf in reversed(behind):
            _append(joined, pdf, fonts)
        if behind:
            _number(joined, done, parts[-1], folder)
    joined.add_metadata({"/Producer": "WeasyPrint, pypdf"})
    out = io.BytesIO()
    joined.write(out)
    return out.getvalue(), len(joined.pages), sorted(fonts), sum(held) + _most("VmHWM")


def _append(joined: PdfWriter, pdf: bytes, fonts: set[str]) -> None:
    """Put the pages of one part behind those that are there, and add its fonts to `fonts`."""
    part, done = PdfReader(io.BytesIO(pdf)), len(joined.pages)
    joined.append(part, import_outline=False)
    fonts |= _font_names(joined.pages[done : done + 1] if done else joined.pages)
    if not done:
        joined.add_metadata({"/Title": part.metadata.title or ""})


def _laid_out(part: str, folder: Path, styles: str) -> bytes:
    """One HTML document as PDF."""
    return Document(part, folder).write_pdf(stylesheets=[CSS(string=styles)], font_config=FontConfiguration())


class Hands:
    """The processes that lay out the parts, two at most: one from the first part on, one from the last back."""

    def __init__(self, parts: list[str], folder: Path, ledgers: int | None):
        self.parts, self.folder = parts, folder
        self.first, self.last = 0, len(parts)  # the parts that nobody has taken are those between
        self.stop = len(parts) if ledgers is None else ledgers  # the second takes none before this one
        self.working: dict[bool, Hand] = {}

    def results(self, pages: Callable[[], int]) -> Iterator[tuple[bool, bytes, int]]:
        """(forward, PDF, most memory held) of each part as it is done. `pages` tells how many stand before the next forward."""
        while True:
            if True not in self.working and self.first < self.last:
                self.first += 1
                self.working[True] = Hand(self.parts[self.first - 1], self.folder, _start_at(pages() + 1))
            if False not in self.working and max(self.first, self.stop) < self.last:
                self.last -= 1
                self.working[False] = Hand(self.parts[self.last], self.folder, UNNUMBERED)
            if not self.working:
                return
            forward = self._ended()
            yield forward, *self.working.pop(forward).result()

    def _ended(self) -> bool:
        """Listen to whoever says something, until one has said all."""
        while True:
            heard, _writing, _wrong = select.select(list(self.working.values()), (), ())
            for forward, hand in self.working.items():
                if hand in heard and hand.ended():
                    return forward

    def close(self) -> None:
        """End what is still at work."""
        for hand in self.working.values():
            hand.end()


class Hand:
    """A process that lays out one part. It ends with this one, whatever ends this one."""

    def __init__(self, part: str, folder: Path, styles: str):
        reading, writing = os.pipe()
        parent = os.getpid()
        self.said: list[bytes] = []
        self.pid = os.fork()
        if self.pid:
            os.close(writing)
            self.pipe = reading
            return
        try:
            ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)
            if os.getppid() != parent:  # it ended before we could ask to end with it
                os._exit(1)
            os.close(reading)
            with os.fdopen(writing, "wb") as pipe, open(os.devnull, "r+b") as nothing:
                for stream in (sys.stdin, sys.stdout, sys.stderr):
                    os.dup2(nothing.fileno(), stream.fileno())
                pipe.write(_work(part, folder, styles))
        finally:
            os._exit(0)

    def fileno(self) -> int:
        """For `select`."""
        return self.pipe

    def ended(self) -> bool:
        """Take what it has said by now; whether that was all."""
        piece = os.read(self.pipe, PIECE)
        self.said.append(piece)
        return not piece

    def end(self) -> None:
        """End it, whatever it is at."""
        os.close(self.pipe)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)

    def result(self) -> tuple[bytes, int]:
        """The PDF and the most memory held. Raises Failed; a signal that ended the process ends this one too."""
        os.close(self.pipe)
        _pid, status = os.waitpid(self.pid, 0)
        if os.WIFSIGNALED(status):
            os.kill(os.getpid(), os.WTERMSIG(status))
        head, _newline, pdf = b"".join(self.said).partition(b"\n")
        facts = json.loads(head)
        if "failed" in facts:
            raise Failed(facts["failed"])
        return pdf, facts["held"]


def _work(part: str, folder: Path, styles: str) -> bytes:
    """What a hand says: one JSON line, then the PDF."""
    try:
        pdf = _laid_out(part, folder, styles)
        return json.dumps({"held": _most("VmHWM")}).encode() + b"\n" + pdf
    except BaseException as error:
        return json.dumps({"failed": _name(error)}).encode() + b"\n"


def _number(joined: PdfWriter, done: int, ledger: str, folder: Path) -> None:
    """Give the pages behind the first `done` their numbers: those of as many empty pages of the same kind, laid under them."""
    head, count = ledger[: ledger.index("</head>")], len(joined.pages) - done
    blank = f"{head}</head><body>{'<div></div>' * count}</body></html>"
    numbers = PdfReader(io.BytesIO(_laid_out(blank, folder, BLANK + _start_at(done + 1)))).pages
    for page, number in zip(joined.pages[done:], numbers, strict=True):
        form = DecodedStreamObject()
        form.set_data(number.get_contents().get_data())
        form.update(
            {
                NameObject("/Type"): NameObject("/XObject"),
                NameObject("/Subtype"): NameObject("/Form"),
                NameObject("/BBox"): number.mediabox,
                NameObject("/Resources"): number["/Resources"].clone(joined),
            }
        )
        shown = DecodedStreamObject()
        shown.set_data(b"q /Number Do Q\n")
        resources = DictionaryObject(page["/Resources"])  # a part's pages share theirs
        resources[NameObject("/XObject")] = DictionaryObject(resources.get("/XObject", {}))
        resources["/XObject"][NameObject("/Number")] = joined._add_object(form)
        page[NameObject("/Resources")] = resources
        page[NameObject("/Contents")] = ArrayObject([joined._add_object(shown), page.raw_get("/Contents")])


def _start_at(page: int) -> str:
    """Styles that continue the page count; the side decides where the number stands, so an even start is a left page."""
    side = "right" if page % 2 else "left"
    return f"@page :first {{ counter-reset: page {page} }} html {{ break-before: {side} }}" if page > 1 else ""


def _font_names(pages) -> set[str]:
    """Names of the fonts on `pages`, without the subset tag."""
    names = set()
    for page in pages:
        for font in page.get("/Resources", {}).get("/Font", {}).values():
            names.add(str(font.get_object()["/BaseFont"]).lstrip("/").split("+")[-1])
    return names


def _most(name: str) -> int:
    """The most that this process has held, in bytes: VmPeak of addresses, VmHWM of memory. getrusage would count what the process
    that started this one held.
    """
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))


def _used_up(limit: int) -> bool:
    """Whether the address space came near `limit`: libraries written in C report a failed allocation in many ways."""
    return limit != resource.RLIM_INFINITY and _most("VmPeak") > 0.8 * limit


def _name(error: BaseException) -> str:
    """The word for an error, once there is room again to say it."""
    limit, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
    if isinstance(error, Failed):
        return str(error)
    return "MemoryError" if _used_up(limit) else type(error.__cause__ or error).__name__


def main() -> int:
    """Read the job, set the limits, print."""
    logging.disable(logging.CRITICAL)  # WeasyPrint's warnings quote URLs and text
    try:
        job = json.load(sys.stdin.buffer)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (job["seconds"], job["seconds"]))
        resource.setrlimit(resource.RLIMIT_AS, (job["memory"], job["memory"] + TO_SPEAK))
        pdf, pages, fonts, peak = render(job["parts"], Path(job["static"]), job["ledgers"])
    except BaseException as error:
        sys.stderr.write(f"\npress:{_name(error)}\n")
        return 1
    sys.stdout.buffer.write(json.dumps({"pages": pages, "fonts": fonts, "peak": peak}).encode() + b"\n" + pdf)
    return 0


if __name__ == "__main__":
    sys.exit(main())
