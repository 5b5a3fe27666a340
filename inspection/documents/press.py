"""The press: the only place that calls WeasyPrint. `paper` runs this file as a process of its own; nothing but tests imports it.

In:  one JSON object on stdin: parts (HTML documents in print order), split (see `render`), static (folder of `print:` files),
     seconds, memory (bytes)
Out: one JSON line (pages, fonts, peak memory in bytes), then the PDF. On failure exit status 1 and a line "press:NAME" on
     stderr: the name of the error's type, never its text, because WeasyPrint and its parsers quote the document in theirs.

The process gets no environment and no keys, and the system ends it when it takes more CPU seconds or memory than it was given. A
long ledger is laid out by two such processes, each within these limits.
"""

import ctypes
import gc
import io
import json
import logging
import os
import re
import resource
import signal
import sys
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
FILE_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*\.[a-z]{3}")


class Refused(ValueError):
    """The document asked for something that is neither a print file nor inline data."""


class Failed(Exception):
    """The helper failed; carries the word for it."""


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


def render(parts: list[str], folder: Path, split: int | None = None) -> tuple[bytes, int, list[str], int]:
    """All parts as one PDF; returns it with the number of pages, the names of the embedded fonts and the most memory held.

    Parts are laid out one after the other and joined afterwards: one layout of 200 pages takes 476 MB, parts stay under 300 MB.
    split  from this part on a second process lays out, while this one does the parts before. All of these must be ledgers: their
           pages get their numbers only when it is known how many pages stand before them.
    """
    gc.disable()  # a layout is one big graph in full use: collecting while it grows costs a third of the time and finds nothing
    held = 0
    if split is None:
        joined, fonts = _joined(parts, folder)
    else:
        with Helper(parts[split:], folder) as helper:
            joined, fonts = _joined(parts[:split], folder)
            pdf, more, held = helper.result()
        done = len(joined.pages)
        joined.append(io.BytesIO(pdf), import_outline=False)
        _number(joined, done, parts[split], folder)
        fonts |= more
    out = io.BytesIO()
    joined.write(out)
    return out.getvalue(), len(joined.pages), sorted(fonts), held + _most("VmHWM")


def _joined(parts: list[str], folder: Path, styles: str = "") -> tuple[PdfWriter, set[str]]:
    """The parts as one document, and its fonts; `styles` in place of those that continue the page count."""
    joined, fonts, title = PdfWriter(), set(), None
    for part in parts:
        done = len(joined.pages)
        pdf = PdfReader(io.BytesIO(_laid_out(part, folder, styles or _start_at(done + 1))))
        joined.append(pdf, import_outline=False)
        fonts |= _font_names(joined.pages[done : done + 1] if done else joined.pages)
        title = pdf.metadata.title
        if part is not parts[-1]:  # takes a tenth of a layout's time: what the last one held goes with the process
            gc.collect()
    joined.add_metadata({"/Title": title or "", "/Producer": "WeasyPrint, pypdf"})
    return joined, fonts


def _laid_out(part: str, folder: Path, styles: str) -> bytes:
    """One HTML document as PDF."""
    return Document(part, folder).write_pdf(stylesheets=[CSS(string=styles)], font_config=FontConfiguration())


class Helper:
    """A second process that lays out ledgers without page numbers. It ends with this one, whatever ends this one."""

    def __init__(self, parts: list[str], folder: Path):
        reading, writing = os.pipe()
        self.pid = os.fork()
        if self.pid:
            os.close(writing)
            self.pipe = os.fdopen(reading, "rb")
            return
        try:
            ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)
            os.close(reading)
            with os.fdopen(writing, "wb") as pipe, open(os.devnull, "r+b") as nothing:
                for stream in (sys.stdin, sys.stdout, sys.stderr):
                    os.dup2(nothing.fileno(), stream.fileno())
                pipe.write(_work(parts, folder))
        finally:
            os._exit(0)

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.pipe.close()
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)

    def result(self) -> tuple[bytes, set[str], int]:
        """The PDF, its fonts and the most memory held. Raises Failed; a signal that ended the helper ends this process too."""
        head, pdf = self.pipe.readline(), self.pipe.read()
        _pid, status = os.waitpid(self.pid, 0)
        self.pid = 0
        if os.WIFSIGNALED(status):
            os.kill(os.getpid(), os.WTERMSIG(status))
        facts = json.loads(head)
        if "failed" in facts:
            raise Failed(facts["failed"])
        return pdf, set(facts["fonts"]), facts["held"]


def _work(parts: list[str], folder: Path) -> bytes:
    """What the helper says: one JSON line, then the PDF."""
    try:
        joined, fonts = _joined(parts, folder, UNNUMBERED)
        out = io.BytesIO()
        joined.write(out)
    except BaseException as error:
        return json.dumps({"failed": _name(error)}).encode() + b"\n"
    return json.dumps({"fonts": sorted(fonts), "held": _most("VmHWM")}).encode() + b"\n" + out.getvalue()


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
        pdf, pages, fonts, peak = render(job["parts"], Path(job["static"]), job["split"])
    except BaseException as error:
        sys.stderr.write(f"\npress:{_name(error)}\n")
        return 1
    sys.stdout.buffer.write(json.dumps({"pages": pages, "fonts": fonts, "peak": peak}).encode() + b"\n" + pdf)
    return 0


if __name__ == "__main__":
    sys.exit(main())
