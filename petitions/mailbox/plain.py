"""HTML of a mail into plain text. Nothing is rendered, fetched or kept but the words."""

import re
from html.parser import HTMLParser

SILENT = frozenset(("script", "style", "head", "title", "template", "noscript", "object", "svg"))
BREAKS = frozenset(
    ("br", "p", "div", "tr", "li", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "blockquote", "table", "ul", "ol", "pre")
)


class _Words(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag, attrs):
        if tag == "body":
            self.silent = 0  # a head that is never closed would swallow the letter
        elif tag in SILENT:
            self.silent += 1
        elif tag in BREAKS:
            self.pieces.append("\n")
        elif tag in ("td", "th"):
            self.pieces.append(" ")

    def handle_endtag(self, tag):
        if tag in SILENT:
            self.silent = max(0, self.silent - 1)
        elif tag in BREAKS:
            self.pieces.append("\n")

    def handle_data(self, data):
        if not self.silent:
            self.pieces.append(re.sub(r"\s+", " ", data))


def from_html(written: str) -> str:
    """The words of an HTML text, a line for each block."""
    parser = _Words()
    parser.feed(written)
    parser.close()
    return tidy("".join(parser.pieces))


def tidy(written: str) -> str:
    """Lines without blank ends, at most one blank line between them."""
    lines = [line.strip(" \t\u00a0\u200b\ufeff") for line in written.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
