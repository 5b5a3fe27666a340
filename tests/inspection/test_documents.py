"""Paper, sheets and letters: what goes in comes out, and nothing else gets in or out."""

import datetime as dt
import io
import logging
import re
import tracemalloc
import zipfile
from collections import Counter
from xml.etree import ElementTree

import openpyxl
import pytest
from django.utils import translation
from docx import Document
from docx.oxml.ns import qn
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils.datetime import from_excel
from openpyxl.utils.escape import unescape
from pypdf import PdfReader

from inspection.documents import cells, letters, paper, press, sheets
from inspection.documents.content import (
    Column,
    Figures,
    Marks,
    Report,
    Section,
    Table,
    chinese_date,
    chinese_number,
    printable,
)

MARKS = Marks("内部", "BB-000012", dt.datetime(2026, 11, 22, 0, 0, tzinfo=dt.UTC), "办公室甲", "3f" * 32)
A4 = (595.28, 841.89)
SECRET = "反映某某收受贿赂"


def pages_of(pdf: paper.Pdf) -> list:
    return PdfReader(io.BytesIO(pdf.content)).pages


def text_of(pdf: paper.Pdf) -> str:
    """All text, without white space: a PDF breaks lines where the paper does."""
    return "".join("".join(page.extract_text().split()) for page in pages_of(pdf))


def fonts_of(pdf: paper.Pdf) -> list[dict]:
    found = {}
    for page in pages_of(pdf):
        for font in page["/Resources"]["/Font"].values():
            inner = font.get_object()["/DescendantFonts"][0].get_object()
            found[str(inner["/BaseFont"])] = inner["/FontDescriptor"].get_object()
    return list(found.values())


def ledger(count: int) -> Table:
    columns = (Column("登记编号", 16), Column("收到时间", 12, "date"), Column("主要内容", 40))
    start = dt.date(2026, 1, 1)
    rows = [(f"X2026-{i:05d}", start + dt.timedelta(days=i % 300), f"反映第{i}号事项") for i in range(count)]
    return Table("信访登记簿", columns, rows)


@pytest.fixture(scope="module")
def brief() -> tuple[Report, paper.Pdf]:
    """A report with every kind of block, printed once."""
    report = Report(
        title="第一巡察组第三周工作情况",
        issuer="中共某某县委第一巡察组",
        masthead="巡察工作周报",
        number="〔2026〕3号",
        recipient="县委巡察工作领导小组",
        sections=(
            Section("受理情况", ("本周收到信访件123件。\n其中来信45件。", Figures((("收到", 123), ("转办", 71))))),
            Section("来信", ("“重大事项”<img src='file:///etc/passwd'>&amp;",), level=2),
            Section("来访", ("无。",), level=2),
            Section("转办", (Table("转办台账", (Column("承办单位", 20), Column("件数", 8, "number")), [("民政局", 3)]),)),
            Section("登记", (ledger(paper.INLINE_ROWS + 1),)),
        ),
        annexes=(Table("重点件", (Column("编号"),), [("X-1",)], note="按收到时间排列"),),
        dated=dt.date(2026, 11, 2),
        cc="县纪委监委",
    )
    return report, paper.print_report(report, MARKS)


class TestPaper:
    def test_says_what_the_report_says(self, brief):
        report, pdf = brief
        text = text_of(pdf)
        expected = [
            "内部",
            "巡察工作周报",
            "〔2026〕3号",
            report.title,
            "县委巡察工作领导小组：",
            "一、受理情况",
            "本周收到信访件123件。",
            "其中来信45件。",
            "（一）来信",
            "（二）来访",
            "二、转办",
            "三、登记",
            "1民政局3",
            "附件：1.重点件2.信访登记簿",
            "附表1",
            "附表2",
            "中共某某县委第一巡察组2026年11月2日",
            "抄送：县纪委监委",
            "份号BB-000012",
            "2026-11-2208:00",
            "制作：办公室甲",
            f"留痕封印{'3f' * 32}",
            "按收到时间排列",
        ]
        assert [words for words in expected if words not in text] == []

    def test_markup_in_the_text_is_text(self, brief):
        assert "“重大事项”<imgsrc='file:///etc/passwd'>&amp;" in text_of(brief[1])

    def test_a_table_too_long_for_the_text_becomes_an_annex_and_loses_nothing(self, brief):
        text = text_of(brief[1])
        assert "《信访登记簿》见附表。" in text
        assert all(text.count(f"X2026-{i:05d}2026-") == 1 for i in range(paper.INLINE_ROWS + 1))

    def test_fonts_are_embedded_subsets(self, brief):
        fonts = fonts_of(brief[1])
        assert fonts
        assert all("/FontFile3" in font or "/FontFile2" in font for font in fonts)
        assert all("+" in str(font["/FontName"]) for font in fonts)
        assert len(brief[1].content) < 2_000_000

    def test_page_boxes_are_a4_upright_for_text_and_lying_for_ledgers(self, brief):
        sizes = [(float(page.mediabox.width), float(page.mediabox.height)) for page in pages_of(brief[1])]
        assert sizes[0] == pytest.approx(A4, abs=0.5)
        assert sizes[-1] == pytest.approx(A4[::-1], abs=0.5)

    def test_page_numbers_run_through_text_and_annexes(self, brief):
        texts = [" ".join(page.extract_text().split()) for page in pages_of(brief[1])]
        assert [f"— {number} —" in text for number, text in enumerate(texts, start=1)] == [True] * len(texts)

    def test_page_number_stands_right_on_odd_and_left_on_even_pages(self):
        pdf = paper.print_report(Report("长文", sections=(Section("一", ("文" * 28 * 50,)),)), MARKS)
        places = []
        for page in pages_of(pdf)[:2]:
            spots = []
            page.extract_text(visitor_text=lambda text, _cm, tm, *_, spots=spots: spots.append((text, tm[4])))
            places.append(next(x for text, x in spots if "—" in text))
        assert places[0] > 400 > 200 > places[1]

    def test_body_is_22_lines_of_28_characters(self):
        pdf = paper.print_report(Report("长文", sections=(Section("一", ("文" * 28 * 60,)),)), MARKS)
        lines = [line.strip() for line in pages_of(pdf)[1].extract_text().splitlines()]
        assert Counter(len(line) for line in lines if line.startswith("文")) == {28: 22}

    def test_english_numbers_headings_the_english_way(self):
        with translation.override("en"):
            pdf = paper.print_report(Report("Brief", sections=(Section("Intake", ()), Section("Calls", ("x",), 2))), MARKS)
        assert "1.Intake1.1.Calls" in text_of(pdf)

    def test_an_empty_ledger_says_so(self):
        pdf = paper.print_report(Report("空", annexes=(Table("空台账", (Column("甲"), Column("乙")), []),)), MARKS)
        assert pdf.pages == 1
        assert "（无）" in text_of(pdf)

    def test_a_long_ledger_loses_nothing_whoever_lays_it_out(self, monkeypatch):
        """A second process does the last parts, where there is a processor for it: nobody sees which pages are whose."""
        monkeypatch.setattr(paper, "WORTH_A_PROCESS", 10_000)
        report, printed = Report("登记簿", annexes=(ledger(1100),)), []
        for processors in ({0}, {0, 1}):
            monkeypatch.setattr(paper.os, "sched_getaffinity", lambda _pid, found=processors: found)
            printed.append(paper.print_report(report, MARKS))
        alone, together = ([re.sub(r"\s", "", page.extract_text()) for page in pages_of(pdf)] for pdf in printed)
        assert [sorted(page) for page in alone] == [sorted(page) for page in together]
        for number, page in enumerate(together, start=1):
            assert f"—{number}—" in page and "登记编号" in page  # the header stands on every page
        assert re.findall(r"X2026-\d{5}", "".join(together)) == [f"X2026-{i:05d}" for i in range(1100)]
        assert printed[0].fonts == printed[1].fonts
        assert printed[0].peak < 400 * 1024**2 and printed[1].peak < 800 * 1024**2

    def test_template_version_follows_the_templates(self, tmp_path, monkeypatch):
        before = paper.template_version()
        for name in paper.STYLES:
            (tmp_path / name).write_text("/* changed */")
        monkeypatch.setattr(paper, "STATIC", tmp_path)
        assert paper.template_version() != before
        assert len(before) == 12


class TestPress:
    @pytest.mark.parametrize(
        "address",
        [
            "file:///etc/passwd",
            "http://127.0.0.1:9/x.png",
            "https://example.invalid/x.png",
            "ftp://127.0.0.1/x",
            "print:../../manage.py",
            "print:/etc/passwd",
            "print:.css",
            "print:x.html",
        ],
    )
    def test_refuses_every_address_but_print_files(self, address, caplog):
        with pytest.raises(paper.PaperFailed) as failed:
            paper.press([f"<p>{SECRET}</p><img src='{address}'>"])
        assert failed.value.reason == "refused"
        assert SECRET not in caplog.text + str(failed.value)

    def test_fetcher_serves_print_files_and_inline_data(self):
        fetcher = press.LocalFetcher(paper.STATIC)
        assert b"font-family" in fetcher.fetch("print:common.css").read()
        assert fetcher.fetch("data:text/plain,abc").read() == b"abc"

    @pytest.mark.parametrize(
        "address", ["file:///etc/hostname", "http://127.0.0.1/", "HTTP://127.0.0.1/", "print:a/b.css", "common.css"]
    )
    def test_fetcher_refuses(self, address):
        with pytest.raises(press.Refused):
            press.LocalFetcher(paper.STATIC).fetch(address)

    def test_takes_too_long(self, caplog):
        with pytest.raises(paper.PaperFailed) as failed:
            paper.press([f"<p>{SECRET}</p>" * 20_000], seconds=2)
        assert failed.value.reason == "timeout"
        self.assert_silent(failed, caplog)

    def test_takes_too_much_memory(self, caplog):
        with pytest.raises(paper.PaperFailed) as failed:
            paper.press([f"<p>{SECRET}</p>" * 20_000], memory=300 * 1024**2)
        assert failed.value.reason == "memory"
        self.assert_silent(failed, caplog)

    def test_what_a_second_process_meets_is_told_likewise(self, monkeypatch, caplog):
        monkeypatch.setattr(paper, "WORTH_A_PROCESS", 1)
        monkeypatch.setattr(paper.os, "sched_getaffinity", lambda _pid: {0, 1})
        fine = f"<head><link {paper.LEDGER}></head><p>{SECRET}</p>"
        for wrong, limits, reason in (
            ("<img src='file:///etc/passwd'>", {}, "refused"),
            (f"<p>{SECRET}</p>" * 20_000, {"seconds": 2}, "timeout"),
            (f"<p>{SECRET}</p>" * 20_000, {"memory": 300 * 1024**2}, "memory"),
        ):
            assert paper._ledgers([fine, fine + wrong]) == 0
            with pytest.raises(paper.PaperFailed) as failed:
                paper.press([fine, fine + wrong], **limits)
            assert failed.value.reason == reason
            self.assert_silent(failed, caplog)

    def test_only_ledgers_are_given_to_a_second_process(self, monkeypatch):
        monkeypatch.setattr(paper, "WORTH_A_PROCESS", 1)
        monkeypatch.setattr(paper.os, "sched_getaffinity", lambda _pid: {0, 1})
        text, table = "<p>文</p>", f"<head><link {paper.LEDGER}></head>" + "行" * 50
        documents = ([], [table], [table, text], [text, table], [table, table], [table, text, table], [text, text])
        assert [paper._ledgers(list(parts)) for parts in documents] == [None, None, None, 1, 0, 2, None]

    def test_layout_error(self, monkeypatch, caplog):
        monkeypatch.setattr(paper, "STATIC", "/nonexistent")
        with pytest.raises(paper.PaperFailed) as failed:
            paper.press([f"<link rel=stylesheet href='print:common.css'><p>{SECRET}</p>"])
        self.assert_silent(failed, caplog)

    def assert_silent(self, failed, caplog):
        """Neither the exception, nor what it hangs on to, nor the log holds a word of the document; the id leads to the log."""
        held = [failed.value, failed.value.__cause__]
        assert failed.value.__suppress_context__ or failed.value.__context__ is None
        assert all(SECRET not in repr(error) for error in held)
        assert SECRET not in caplog.text
        assert "<p>" not in caplog.text
        assert failed.value.id in caplog.text

    def test_logs_the_fonts_it_found(self, caplog):
        with caplog.at_level(logging.INFO, "inspection.documents.paper"):
            paper.press(["<p>文</p>"])
        assert "printed 1 pages" in caplog.text


class TestContent:
    def test_a_row_of_the_wrong_width_is_an_error(self):
        with pytest.raises(ValueError, match="2 values for 1 columns"):
            list(Table("甲", (Column("乙"),), [(1, 2)]).lines())

    def test_rows_may_be_a_function_and_are_read_anew(self):
        table = Table("甲", (Column("乙"),), lambda: iter([("x",)]))
        assert list(table.lines()) == list(table.lines()) == [(1, "x")]

    @pytest.mark.parametrize("wrong", [{"kind": "formula"}, {"width": 0}])
    def test_columns_are_checked(self, wrong):
        with pytest.raises(ValueError, match="column"):
            Column("甲", **wrong)

    @pytest.mark.parametrize(
        ("value", "kind", "words"),
        [
            (None, "text", ""),
            (True, "text", "是"),
            (0, "number", "0"),
            (0.256, "percent", "25.6%"),
            (dt.datetime(2026, 11, 21, 23, 30, tzinfo=dt.UTC), "datetime", "2026-11-22 07:30"),
            (dt.datetime(2026, 11, 21, 23, 30, tzinfo=dt.UTC), "date", "2026-11-22"),
            (dt.date(2026, 1, 2), "date", "2026-01-02"),
            (["甲", "乙"], "text", "甲、乙"),
            ("a\x00b\x0bc\ud800", "text", "abc"),
        ],
    )
    def test_words(self, value, kind, words):
        assert Column("甲", kind=kind).words(value) == words

    def test_printable_keeps_every_character_xml_allows(self):
        assert printable("行\t\n\r😀𠮷\ufffd") == "行\t\n\r😀𠮷\ufffd"

    def test_chinese_numbers_and_dates(self):
        numbers = [chinese_number(n) for n in (1, 9, 10, 11, 20, 21, 99)]
        assert numbers == ["一", "九", "十", "十一", "二十", "二十一", "九十九"]
        assert chinese_date(dt.date(2026, 1, 2)) == "2026年1月2日"
        with pytest.raises(ValueError, match="1 to 99"):
            chinese_number(100)


def written(*tables, marks=None) -> io.BytesIO:
    stream = io.BytesIO()
    sheets.write(tables, stream, marks)
    stream.seek(0)
    return stream


def book_of(rows: list[list], title: str = "Sheet1") -> io.BytesIO:
    book, stream = openpyxl.Workbook(), io.BytesIO()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    book.save(stream)
    stream.seek(0)
    return stream


class TestWriting:
    VALUES = ["=1+1", "+86 138", "-5", "@SUM(A1)", "http://example.com", "\t=x", "正文\x00😀", "12345678901234567X"]

    def test_layout(self):
        stream = written(ledger(3), ledger(1), marks=MARKS)
        book = openpyxl.load_workbook(stream)
        page = book["信访登记簿"]
        assert book.sheetnames == ["信访登记簿", "信访登记簿(2)"]
        assert page["A1"].value == "信访登记簿"
        assert [str(merged) for merged in page.merged_cells.ranges] == ["A1:D1"]
        assert [cell.value for cell in page[2]] == ["序号", "登记编号", "收到时间", "主要内容"]
        assert page.freeze_panes == "B3"
        assert page.auto_filter.ref == "A2:D5"
        assert page.column_dimensions["D"].width == pytest.approx(40, abs=1)
        assert page["C3"].value == dt.datetime(2026, 1, 1)
        assert page["C3"].number_format == "yyyy-mm-dd"
        assert page["A5"].value == 3
        assert "份号 BB-000012" in page.oddFooter.left.text

    def test_no_text_is_a_formula_a_link_or_a_number(self):
        page = openpyxl.load_workbook(written(Table("甲", (Column("乙"),), [(v,) for v in self.VALUES]))).active
        cells = [page.cell(row, 2) for row in range(3, 3 + len(self.VALUES))]
        assert [cell.value for cell in cells] == [*self.VALUES[:6], "正文😀", self.VALUES[7]]
        assert {cell.data_type for cell in cells} == {"s"}
        assert not any(cell.hyperlink for cell in cells)
        assert [cell.quotePrefix for cell in cells] == [True, True, True, True, False, True, False, False]

    def test_types(self):
        moment = dt.datetime(2026, 11, 21, 23, 30, tzinfo=dt.UTC)
        columns = tuple(
            Column(str(i), kind=kind) for i, kind in enumerate(["number", "percent", "datetime", "text", "text", "number"])
        )
        page = openpyxl.load_workbook(
            written(Table("甲", columns, [(7, 0.5, moment, False, None, 10**17)], numbered=False))
        ).active
        assert [cell.value for cell in page[3]] == [7, 0.5, dt.datetime(2026, 11, 22, 7, 30), "否", None, str(10**17)]
        assert page["B3"].number_format == "0.0%"

    @given(st.text() | st.from_regex(r"\A(_x000[0-9a-d]_| |&lt;|\r\n|<|]]>|\t)*\Z"))
    def test_every_text_comes_back_as_it_was_written(self, text):
        row = cells.Writer((Column("甲"),), dict.fromkeys(sheets.STYLES, "1")).row(3, (text,))
        assert unescape("".join(ElementTree.fromstring(row).itertext())) == printable(text)

    def test_days_are_counted_as_excel_counts_them(self):
        for moment in (
            dt.datetime(1900, 1, 1),
            dt.datetime(1900, 3, 1),
            dt.datetime(2026, 11, 22, 7, 30, 1),
            dt.datetime(2099, 1, 2),
        ):
            assert from_excel(cells.serial(moment)) == moment

    def test_a_note_stands_under_the_rows(self):
        tables = [Table(str(count), (Column("乙"),), [("丙",)] * count, note="注") for count in range(3)]
        book = openpyxl.load_workbook(written(*tables))
        assert [[cell.value for cell in page["A"]] for page in book] == [
            ["0", "序号", None, "注"],
            ["1", "序号", 1, "注"],
            ["2", "序号", 1, 2, "注"],
        ]
        assert [page.auto_filter.ref for page in book] == ["A2:B2", "A2:B3", "A2:B4"]

    def test_text_longer_than_a_cell_is_cut_visibly(self):
        page = openpyxl.load_workbook(written(Table("甲", (Column("乙"),), [("长" * 40_000,)]))).active
        assert len(page["B3"].value) == cells.MAX_CELL
        assert page["B3"].value.endswith("…")

    def test_names_of_sheets_are_made_acceptable(self):
        tables = [Table(title, (Column("乙"),), []) for title in ("[a]:b*?/\\", "", "长" * 40, "长" * 40, "AB", "ab")]
        names = openpyxl.load_workbook(written(*tables)).sheetnames
        assert names[0] == "ab"
        assert len({name.lower() for name in names}) == 6
        assert all(0 < len(name) <= 31 for name in names)

    def test_a_table_longer_than_a_sheet_is_refused_not_cut(self, monkeypatch):
        monkeypatch.setattr(sheets, "MAX_ROWS", 2)
        with pytest.raises(ValueError, match="do not fit"):
            written(ledger(3))

    def test_constant_memory(self, monkeypatch):
        """Ten times the rows take about the same memory: nothing holds on to what is written."""
        monkeypatch.setattr(cells, "BLOCK", 1 << 16)  # of which a few are held

        def peak(count: int) -> int:
            table = Table("甲", (Column("乙"), Column("丙")), lambda: ((f"第{i}号", "正文" * 50) for i in range(count)))
            tracemalloc.start()
            with open("/dev/null", "wb") as sink:
                sheets.write(table, _Forward(sink))
            top = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            return top

        peak(10)
        assert peak(5_000) < peak(500) + 2_000_000

    def test_a_report_becomes_a_workbook(self, brief):
        stream = written(*sheets.from_report(brief[0]))
        book = openpyxl.load_workbook(stream)
        assert book.sheetnames == ["概况", "转办台账", "信访登记簿", "重点件"]
        assert [cell.value for cell in book["概况"][3]] == [1, "受理情况", "收到", 123]


class _Forward(io.RawIOBase):
    """A stream that keeps nothing."""

    def __init__(self, sink):
        self.sink, self.place = sink, 0

    def write(self, data):
        self.place += len(data)
        return len(data)

    def tell(self):
        return self.place

    def seekable(self):
        return False

    def writable(self):
        return True


class TestReading:
    def test_reads_back_what_was_written(self):
        reading = sheets.read_rows(written(ledger(3)))
        rows = list(reading.rows)
        assert reading.sheet == "信访登记簿"
        assert reading.headers == ("序号", "登记编号", "收到时间", "主要内容")
        assert reading.header_row == 2
        assert [row.text(1) for row in rows] == ["X2026-00000", "X2026-00001", "X2026-00002"]
        assert rows[0].text(2) == "2026-01-01"
        assert rows[2].number == 5
        assert rows[2].at(1) == "B5"

    def test_blank_rows_are_left_out_and_numbers_stay(self):
        rows = list(sheets.read_rows(book_of([["a", "b"], [1, 2], [None, " "], [None, None], [3.0, " x "]])).rows)
        assert [(row.number, row.text(0), row.text(1)) for row in rows] == [(2, "1", "2"), (3, "", ""), (5, "3", "x")]

    def test_formatted_emptiness_does_not_go_on_for_ever(self):
        book, stream = openpyxl.Workbook(), io.BytesIO()
        book.active.append(["a", "b"])
        book.active.append([1, 2])
        book.active.cell(1_048_576, 1).value = ""
        book.save(stream)
        assert len(list(sheets.read_rows(stream).rows)) == 1

    def test_a_named_sheet(self):
        assert sheets.read_rows(book_of([["a", "b"], [1, 2]], "数据"), sheet="数据").sheet == "数据"

    @pytest.mark.parametrize(
        ("content", "hint"),
        [
            (b"", "空"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512, ".xls"),
            ("编号,内容\n1,乙\n".encode("gb18030"), "CSV"),
            (b"PK\x03\x04" + b"\0" * 64, "损坏"),
        ],
    )
    def test_the_wrong_file_is_named(self, content, hint):
        with pytest.raises(sheets.SheetRefused, match=hint):
            sheets.read_rows(io.BytesIO(content))

    def test_a_word_document_is_refused(self):
        stream = io.BytesIO()
        Document().save(stream)
        with pytest.raises(sheets.SheetRefused, match="Word"):
            sheets.read_rows(stream)

    def test_damaged_inside(self):
        stream = io.BytesIO()
        with zipfile.ZipFile(written(ledger(1))) as whole, zipfile.ZipFile(stream, "w") as broken:
            for name in whole.namelist():
                broken.writestr(name, b"<broken" if name.endswith("sheet1.xml") else whole.read(name))
        with pytest.raises(sheets.SheetRefused, match="损坏"):
            list(sheets.read_rows(stream).rows)

    def test_a_bomb_is_refused_before_it_is_unpacked(self, monkeypatch):
        monkeypatch.setattr(sheets, "UNPACKED_BYTES", 30 * 1024**2)
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as bomb:
            bomb.writestr("xl/workbook.xml", "<workbook/>")
            for place in range(4):
                bomb.writestr(f"xl/{place}.xml", b"0" * (10 * 1024**2))
        assert stream.tell() < 100 * 1024
        with pytest.raises(sheets.SheetRefused, match="过大"):
            sheets.read_rows(stream)

    def test_an_entity_bomb_is_refused(self):
        entities = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10 if i else "ha"}">' for i in range(9))
        cell = '<sheetData><row><c t="str"><v>&e8;</v></c></row></sheetData>'
        bomb = f'<?xml version="1.0"?><!DOCTYPE x [{entities}]><worksheet>{cell}</worksheet>'
        stream = io.BytesIO()
        with zipfile.ZipFile(written(ledger(1))) as whole, zipfile.ZipFile(stream, "w") as evil:
            for name in whole.namelist():
                evil.writestr(name, bomb if name.endswith("sheet1.xml") else whole.read(name))
        with pytest.raises(sheets.SheetRefused):
            list(sheets.read_rows(stream).rows)

    def test_too_many_bytes(self):
        with pytest.raises(sheets.SheetRefused, match=r"50\.0 MB"):
            sheets.read_rows(io.BytesIO(b"PK\x03\x04" + b"\0" * (50 * 1024**2)))

    def test_too_many_rows(self):
        with pytest.raises(sheets.SheetRefused, match="超过 2 行"):
            list(sheets.read_rows(written(ledger(3)), max_rows=2).rows)

    def test_a_missing_sheet_names_those_there_are(self):
        with pytest.raises(sheets.SheetRefused, match=r"没有名为“数据”的工作表。文件里有：信访登记簿"):
            sheets.read_rows(written(ledger(1)), sheet="数据")

    def test_no_header(self):
        with pytest.raises(sheets.SheetRefused, match="表头"):
            sheets.read_rows(book_of([["只有一格"]]))


class TestLetter:
    CONTENT = letters.Letter(
        issuer="中共某某县委巡察工作领导小组办公室",
        number="某巡办函〔2026〕1号",
        title="关于转办信访事项的函",
        recipient="县信访局",
        paragraphs=("现将信访事项转你单位办理。\n请按期反馈。", "特此函告。"),
        dated=dt.date(2026, 11, 22),
        attachments=("转办清单", "原件复印件"),
        cc="县纪委监委",
        mark="内部",
    )

    @pytest.fixture
    def document(self):
        return Document(io.BytesIO(letters.letter(self.CONTENT)))

    def test_says_what_it_should_in_order(self, document):
        lines = [paragraph.text for paragraph in document.paragraphs if paragraph.text]
        assert lines == [
            self.CONTENT.issuer,
            "内部",
            self.CONTENT.number,
            self.CONTENT.title,
            "县信访局：",
            "现将信访事项转你单位办理。",
            "请按期反馈。",
            "特此函告。",
            "附件：1. 转办清单",
            "　　　2. 原件复印件",
            self.CONTENT.issuer,
            "2026年11月22日",
            "抄送：县纪委监委",
        ]

    def test_page_of_the_standard(self, document):
        section = document.sections[0]
        lengths = [section.page_width, section.page_height, section.top_margin, section.right_margin, section.bottom_margin]
        assert [round(length.mm) for length in (*lengths, section.left_margin)] == [210, 297, 37, 26, 35, 28]
        grid = section._sectPr.find(qn("w:docGrid"))
        assert grid.get(qn("w:type")) == "linesAndChars"
        assert grid.get(qn("w:linePitch")) == "579"
        body = next(p for p in document.paragraphs if p.text.startswith("现将"))
        assert body.paragraph_format.line_spacing.pt == pytest.approx(28.95)
        assert body.runs[0].font.size.pt == 16
        assert body.runs[0]._element.rPr.rFonts.get(qn("w:eastAsia")) == "仿宋_GB2312"
        assert body._element.pPr.ind.get(qn("w:firstLineChars")) == "200"

    def test_first_page_has_no_number(self, document):
        section = document.sections[0]
        assert section.different_first_page_header_footer
        assert "PAGE" not in section.first_page_footer._element.xml
        assert "PAGE" in section.footer._element.xml
        assert "PAGE" in section.even_page_footer._element.xml

    def test_properties_name_nobody(self, document):
        assert document.core_properties.author == document.core_properties.comments == ""

    def test_forbidden_characters_are_dropped(self):
        content = letters.Letter("甲", "一号", "题\x00目", "乙", ("正\x0b文",), dt.date(2026, 1, 1))
        document = Document(io.BytesIO(letters.letter(content)))
        assert {"题目", "正文"} <= {paragraph.text for paragraph in document.paragraphs}
