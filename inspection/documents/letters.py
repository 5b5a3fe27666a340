"""Letters: DOCX in the letter form (信函格式) of GB/T 9704-2012, for transfers and notices to one unit.

Fonts are named, not embedded: the office's PCs have 仿宋 and 小标宋, and the clerk may still edit the text.
"""

import datetime as dt
import io
from dataclasses import dataclass

from django.utils.translation import gettext as _
from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from .content import chinese_date, printable

BODY, TITLE, BLACK, SONG = "仿宋_GB2312", "方正小标宋简体", "黑体", "宋体"
SIZE_3, SIZE_2, SIZE_4 = Pt(16), Pt(22), Pt(14)
LINE = Pt(28.95)  # 22 lines in 225 mm; Word counts in twentieths of a point
CHAR_SPACE = -842  # 28 characters in 156 mm: 15.79 pt instead of 16, in 1/4096 pt
RED = RGBColor(0xD0, 0, 0)


@dataclass(frozen=True)
class Letter:
    """One letter to one unit.

    issuer      full name, printed red on top and as the signature
    number      document number with hexagonal brackets, e.g. 某巡办函〔2026〕1号
    recipient   主送机关, without its colon
    paragraphs  the text; each begins with two characters' indent
    attachments titles, listed one line below the text
    annex       the first attachment's own text, on pages behind the letter
    mark        top left, e.g. 内部
    """

    issuer: str
    number: str
    title: str
    recipient: str
    paragraphs: tuple[str, ...]
    dated: dt.date
    attachments: tuple[str, ...] = ()
    annex: tuple[str, ...] = ()
    cc: str = ""
    mark: str = ""


def letter(content: Letter) -> bytes:
    """The letter as a DOCX file."""
    document = Document()
    _set_page(document)
    _masthead(document, content)
    _text(document, "")
    _line(document, content.title, font=TITLE, size=SIZE_2, align=WD_ALIGN_PARAGRAPH.CENTER, pitch=Pt(36))
    _text(document, "")
    _line(document, f"{content.recipient}：")
    for paragraph in content.paragraphs:
        for line in printable(paragraph).splitlines():
            _text(document, line)
    _attachments(document, content.attachments)
    _signature(document, content)
    if content.cc:
        _text(document, "")
        copied = _line(document, _("抄送：") + content.cc, size=SIZE_4)
        _border(copied, "top", "single", "000000", 8)
        _border(copied, "bottom", "single", "000000", 8)
    if content.annex:
        document.add_page_break()
        _line(document, _("附件"), font=BLACK)
        for paragraph in content.annex:
            for line in printable(paragraph).splitlines():
                _text(document, line)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _set_page(document) -> None:
    """A4, the block of 156 by 225 mm, 22 lines of 28 characters, page numbers from the second page on, empty properties."""
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin, section.left_margin, section.right_margin = Mm(37), Mm(35), Mm(28), Mm(26)
    section.header_distance, section.footer_distance = Mm(20), Mm(20)
    section.different_first_page_header_footer = True
    document.settings.odd_and_even_pages_header_footer = True
    grid = section._sectPr.find(qn("w:docGrid"))
    if grid is None:
        grid = OxmlElement("w:docGrid")
        section._sectPr.append(grid)
    grid.set(qn("w:type"), "linesAndChars")
    grid.set(qn("w:linePitch"), str(round(LINE.pt * 20)))
    grid.set(qn("w:charSpace"), str(CHAR_SPACE))
    normal = document.styles["Normal"]
    normal.font.size = SIZE_3
    _font(normal.element.get_or_add_rPr(), BODY)
    _page_number(section.footer.paragraphs[0], WD_ALIGN_PARAGRAPH.RIGHT)
    _page_number(section.even_page_footer.paragraphs[0], WD_ALIGN_PARAGRAPH.LEFT)
    _border(section.first_page_footer.paragraphs[0], "bottom", "thinThickSmallGap", "D00000", 24)
    properties = document.core_properties
    properties.author = properties.last_modified_by = properties.comments = properties.title = ""


def _font(properties, name: str) -> None:
    """Name the font for Chinese and Latin characters alike."""
    fonts = properties.get_or_add_rFonts()
    for script in ("w:ascii", "w:hAnsi", "w:eastAsia", "w:cs"):
        fonts.set(qn(script), name)


def _line(document, text: str, *, font=BODY, size=SIZE_3, align=None, color=None, pitch=LINE):
    """One paragraph on the grid: exact line pitch, nothing before or after."""
    paragraph = document.add_paragraph()
    _exact(paragraph, pitch)
    paragraph.alignment = align
    run = paragraph.add_run(printable(text))
    run.font.size = size
    if color is not None:
        run.font.color.rgb = color
    _font(run._element.get_or_add_rPr(), font)
    return paragraph


def _exact(paragraph, pitch) -> None:
    layout = paragraph.paragraph_format
    layout.space_before = layout.space_after = Pt(0)
    layout.line_spacing_rule, layout.line_spacing = WD_LINE_SPACING.EXACTLY, pitch
    layout.widow_control = False


def _text(document, text: str):
    """A paragraph of the body, indented two characters."""
    paragraph = _line(document, text)
    indent = paragraph._element.get_or_add_pPr().get_or_add_ind()
    indent.set(qn("w:firstLineChars"), "200")
    indent.set(qn("w:firstLine"), str(2 * SIZE_3.pt * 20).split(".")[0])
    return paragraph


def _masthead(document, content: Letter) -> None:
    """The issuer in red over the double rule, thick above thin; mark left and number right below it."""
    head = _line(document, content.issuer, font=TITLE, size=Pt(26), align=WD_ALIGN_PARAGRAPH.CENTER, color=RED, pitch=Pt(44))
    _border(head, "bottom", "thickThinSmallGap", "D00000", 24)
    if content.mark:
        _line(document, content.mark, font=BLACK)
    _line(document, content.number, align=WD_ALIGN_PARAGRAPH.RIGHT)


def _attachments(document, titles: tuple[str, ...]) -> None:
    if not titles:
        return
    _text(document, "")
    for place, title in enumerate(titles, start=1):
        number = f"{place}. " if len(titles) > 1 else ""
        _text(document, (_("附件：") if place == 1 else "　　　") + number + title)


def _signature(document, content: Letter) -> None:
    """Issuer and date; the date ends four characters from the right edge."""
    _text(document, "")
    _text(document, "")
    for text in (content.issuer, chinese_date(content.dated)):
        paragraph = _line(document, text, align=WD_ALIGN_PARAGRAPH.RIGHT)
        indent = paragraph._element.get_or_add_pPr().get_or_add_ind()
        indent.set(qn("w:rightChars"), "400")
        indent.set(qn("w:right"), str(int(4 * SIZE_3.pt * 20)))
        paragraph.paragraph_format.keep_together = True


def _border(paragraph, side: str, style: str, color: str, size: int) -> None:
    """A rule above or below a paragraph; `size` in eighths of a point."""
    properties = paragraph._element.get_or_add_pPr()
    borders = properties.find(qn("w:pBdr"))
    if borders is None:
        borders = OxmlElement("w:pBdr")
        properties.insert_element_before(
            borders,
            "w:shd",
            "w:tabs",
            "w:suppressAutoHyphens",
            "w:kinsoku",
            "w:wordWrap",
            "w:overflowPunct",
            "w:topLinePunct",
            "w:autoSpaceDE",
            "w:autoSpaceDN",
            "w:bidi",
            "w:adjustRightInd",
            "w:snapToGrid",
            "w:spacing",
            "w:ind",
            "w:contextualSpacing",
            "w:mirrorIndents",
            "w:suppressOverlap",
            "w:jc",
            "w:textDirection",
            "w:textAlignment",
            "w:textboxTightWrap",
            "w:outlineLvl",
            "w:divId",
            "w:cnfStyle",
            "w:rPr",
            "w:sectPr",
            "w:pPrChange",
        )
    rule = OxmlElement(f"w:{side}")
    for name, value in (("val", style), ("sz", str(size)), ("space", "1"), ("color", color)):
        rule.set(qn(f"w:{name}"), value)
    borders.append(rule)


def _page_number(paragraph, align) -> None:
    """— 1 — in 4号宋体, one blank character from the outer edge."""
    paragraph.alignment = align
    inner = "　" if align == WD_ALIGN_PARAGRAPH.LEFT else ""
    outer = "　" if align == WD_ALIGN_PARAGRAPH.RIGHT else ""
    for text, field in ((inner + "— ", False), ("PAGE", True), (" —" + outer, False)):
        run = paragraph.add_run("" if field else text)
        run.font.size = SIZE_4
        _font(run._element.get_or_add_rPr(), SONG)
        if field:
            for kind in ("begin", None, "end"):
                run._element.append(_instruction(text) if kind is None else _field_mark(kind))


def _field_mark(kind: str):
    mark = OxmlElement("w:fldChar")
    mark.set(qn("w:fldCharType"), kind)
    return mark


def _instruction(text: str):
    instruction = OxmlElement("w:instrText")
    instruction.set(qn("xml:space"), "preserve")
    instruction.text = text
    return instruction
