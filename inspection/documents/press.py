"""The press: the only place that calls WeasyPrint. `paper` runs this file as a process of its own; nothing but tests imports it.

In:  one JSON object on stdin: parts (HTML documents in print order), static (folder of `print:` files), seconds, memory (bytes)
Out: one JSON line (pages, fonts, peak memory in bytes), then the PDF. On failure exit status 1 and a line "press:NAME" on
     stderr: the name of the error's type, never its text, because WeasyPrint and its parsers quote the document in theirs.

The process gets no environment and no keys, and the system ends it when it takes more CPU seconds or memory than it was given.
"""

import gc
import io
import json
import logging
import re
import resource
import sys
from pathlib import Path

from pypdf import PdfReader, PdfWriter
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

MEDIA_TYPES = {".css": "text/css", ".svg": "image/svg+xml", ".png": "image/png"}
TO_SPEAK = 128 * 1024**2  # address space kept back, so that a process out of memory can still say so
FILE_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*\.[a-z]{3}")


class Refused(ValueError):
    """The document asked for something that is neither a print file nor inline data."""


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


def render(parts: list[str], folder: Path) -> tuple[bytes, int, list[str]]:
    """All parts as one PDF; returns it with the number of pages and the names of the embedded fonts.

    Parts are laid out one after the other and joined afterwards: one layout of 200 pages takes 476 MB, parts stay under 200 MB.
    """
    fetcher, joined, fonts = LocalFetcher(folder), PdfWriter(), set()
    gc.disable()  # a layout is one big graph in full use: collecting while it grows costs a third of the time and finds nothing
    for part in parts:
        done = len(joined.pages)
        document = HTML(string=part, url_fetcher=fetcher).render(
            stylesheets=[CSS(string=_start_at(done + 1))],
            presentational_hints=True,  # <col width> carries the column widths
            font_config=FontConfiguration(),
        )
        pdf = document.write_pdf()
        if len(parts) == 1:
            reader = PdfReader(io.BytesIO(pdf))
            return pdf, len(reader.pages), sorted(_font_names(reader.pages))
        joined.append(io.BytesIO(pdf), import_outline=False)
        fonts |= _font_names(joined.pages[done : done + 1])
        del document
        gc.collect()
    title = PdfReader(io.BytesIO(pdf)).metadata.title if parts else None
    joined.add_metadata({"/Title": title or "", "/Producer": "WeasyPrint, pypdf"})
    out = io.BytesIO()
    joined.write(out)
    return out.getvalue(), len(joined.pages), sorted(fonts)


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


def _used_up(limit: int) -> bool:
    """Whether the address space came near `limit`: libraries written in C report a failed allocation in many ways."""
    lines = Path("/proc/self/status").read_text().splitlines()
    used = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmPeak"))
    return limit != resource.RLIM_INFINITY and used > 0.8 * limit


def main() -> int:
    """Read the job, set the limits, print."""
    logging.disable(logging.CRITICAL)  # WeasyPrint's warnings quote URLs and text
    try:
        job = json.load(sys.stdin.buffer)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (job["seconds"], job["seconds"]))
        resource.setrlimit(resource.RLIMIT_AS, (job["memory"], job["memory"] + TO_SPEAK))
        pdf, pages, fonts = render(job["parts"], Path(job["static"]))
    except BaseException as error:
        limit, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
        cause = error.__cause__ or error
        sys.stderr.write(f"\npress:{'MemoryError' if _used_up(limit) else type(cause).__name__}\n")
        return 1
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    sys.stdout.buffer.write(json.dumps({"pages": pages, "fonts": fonts, "peak": peak}).encode() + b"\n" + pdf)
    return 0


if __name__ == "__main__":
    sys.exit(main())
