"""Encrypted files: what is taken in, how it lies on the disk, and what is noticed."""

import hashlib
import io
import os
import struct
import tracemalloc
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils import translation

from inspection.vault import files
from inspection.vault.files import MARK
from inspection.vault.models import StoredFile
from inspection.vault.streams import CHUNK_BYTES, PREFIX_BYTES, TAG_BYTES

pytestmark = pytest.mark.django_db
OWNER = "petitions.petition:7"
HEADER = len(MARK) + PREFIX_BYTES
BLOCK = CHUNK_BYTES + TAG_BYTES


@pytest.fixture(autouse=True)
def own_files(settings, tmp_path):
    settings.FILES_DIR = tmp_path / "files"
    return settings.FILES_DIR


def pdf(size: int) -> bytes:
    return (b"%PDF-1.7\n" + os.urandom(size))[:size]


def store(content: bytes, name: str = "证据.pdf", **kwargs) -> StoredFile:
    return StoredFile.objects.get(pk=files.store(io.BytesIO(content), name, owner=OWNER, **kwargs).pk)


def read(stored) -> bytes:
    return b"".join(files.chunks(stored))


def archive(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        for name in names:
            made.writestr(name, "x")
    return buffer.getvalue()


def compound(*names: str) -> bytes:
    """A compound file (old Office) whose directory takes as many 512-byte sectors as its names need."""
    entries = [name.encode("utf-16-le").ljust(64, b"\0") + struct.pack("<H", 2 * len(name) + 2) + bytes(62) for name in names]
    sectors = [b"".join(entries[i : i + 4]).ljust(512, b"\0") for i in range(0, len(entries), 4)]
    links = [*range(2, len(sectors) + 1), 0xFFFFFFFE]  # the table is sector 0, the directory follows
    table = struct.pack("<128I", 0xFFFFFFFD, *links, *[0xFFFFFFFF] * (127 - len(links)))
    header = bytearray(512)
    header[:8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    struct.pack_into("<H", header, 30, 9)
    struct.pack_into("<I", header, 48, 1)
    struct.pack_into("<I", header, 68, 0xFFFFFFFE)
    struct.pack_into("<109I", header, 76, 0, *[0xFFFFFFFF] * 108)
    return bytes(header) + table + b"".join(sectors)


@pytest.mark.parametrize(
    "size",
    [10, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES, 3 * CHUNK_BYTES + 17],
    ids=lambda size: f"{size}B",
)
def test_round_trip(size):
    content = pdf(size)
    stored = store(content)
    assert read(stored) == content
    assert (stored.size, stored.sha256) == (size, hashlib.sha256(content).hexdigest())
    assert (stored.name, stored.media_type) == ("证据.pdf", "application/pdf")
    assert list(files.check()) == []


def test_nothing_readable_lies_on_the_disk(own_files):
    stored = store(b"a marker in plain text", "a marker.txt")
    assert stored.path == own_files / stored.id.hex[:2] / str(stored.id)
    assert [path for path in own_files.rglob("*") if path.is_file()] == [stored.path]
    assert b"marker" not in stored.path.read_bytes()
    assert b"marker" not in bytes(stored.name_sealed)
    assert stored.path.stat().st_mode & 0o077 == 0


def test_an_upload_of_the_web_framework_is_taken_as_it_comes():
    upload = SimpleUploadedFile("说明.txt", "情况说明".encode())
    upload.read()  # a form may have read it before
    assert read(files.store(upload, upload.name, owner=OWNER)).decode() == "情况说明"


def test_a_large_file_passes_in_constant_memory(tmp_path):
    size = 60 * 1024 * 1024
    source = tmp_path / "large.pdf"
    piece = os.urandom(1024 * 1024)
    with source.open("wb") as file:
        file.write(b"%PDF-1.7\n")
        for _part in range(60):
            file.write(piece)
    tracemalloc.start()
    try:
        with source.open("rb") as file:
            stored = files.store(file, "large.pdf", owner=OWNER, limit=2 * size)
        total = sum(len(chunk) for chunk in files.chunks(stored))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert total == stored.size == size + 9
    assert peak < 3 * 1024 * 1024


def test_streams_that_give_little_at_a_time_are_read_to_the_end():
    class Trickle(io.BytesIO):
        def read(self, size=-1):
            return super().read(min(size, 1000) if size > 0 else size)

    content = pdf(CHUNK_BYTES * 2 + 5)
    assert read(files.store(Trickle(content), "a.pdf", owner=OWNER)) == content


def test_too_large_leaves_nothing_behind(own_files):
    with pytest.raises(files.TooLarge, match="上限"):
        store(pdf(1001), limit=1000)
    assert store(pdf(1000), limit=1000).size == 1000
    assert StoredFile.objects.count() == 1
    assert sum(path.is_file() for path in own_files.rglob("*")) == 1


def test_a_stream_longer_than_it_said_is_stopped(own_files):
    class Liar(io.BytesIO):
        said = True

        def tell(self):
            return 10

        def seek(self, offset, whence=0):
            super().seek(offset, whence)
            return 10 if whence == os.SEEK_END else offset

    with pytest.raises(files.TooLarge):
        files.store(Liar(pdf(5000)), "a.pdf", owner=OWNER, limit=1000)
    assert not any(path.is_file() for path in own_files.rglob("*"))


def test_the_usual_limit_applies(settings):
    settings.UPLOAD_MAX_BYTES = 100
    with pytest.raises(files.TooLarge):
        store(pdf(101))


def test_a_write_that_fails_leaves_nothing_behind(own_files):
    class Breaks(io.BytesIO):
        reads = 0

        def read(self, size=-1):
            self.reads += 1
            if self.reads > 2:
                raise OSError("the disk went away")
            return super().read(size)

    with pytest.raises(OSError, match="went away"):
        files.store(Breaks(pdf(CHUNK_BYTES * 3)), "a.pdf", owner=OWNER)
    assert not any(path.is_file() for path in own_files.rglob("*"))
    assert not StoredFile.objects.exists()


def damaged(stored, change):
    stored.path.write_bytes(change(stored.path.read_bytes()))
    with pytest.raises(files.Tampered):
        read(stored)
    assert len(list(files.check())) == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw[:-1],
        lambda raw: raw[: HEADER + BLOCK],  # cut exactly between two chunks
        lambda raw: raw[: HEADER + 2 * BLOCK],
        lambda raw: raw[:HEADER],
        lambda raw: raw[:3],
        lambda raw: b"",
        lambda raw: raw + b"x",
        lambda raw: (
            raw[:HEADER] + raw[HEADER + BLOCK : HEADER + 2 * BLOCK] + raw[HEADER : HEADER + BLOCK] + raw[HEADER + 2 * BLOCK :]
        ),
        lambda raw: raw[: HEADER + BLOCK] + raw[HEADER:],  # the first chunk twice
        lambda raw: raw[:HEADER] + raw[HEADER + BLOCK :],  # the first chunk gone
        lambda raw: raw[:-1] + bytes([raw[-1] ^ 1]),
        lambda raw: b"ZLF2" + raw[4:],
    ],
    ids=[
        "last-byte",
        "one-chunk",
        "two-chunks",
        "header-only",
        "stump",
        "empty",
        "longer",
        "swapped",
        "repeated",
        "first-gone",
        "bit",
        "mark",
    ],
)
def test_damage_is_noticed(change):
    damaged(store(pdf(2 * CHUNK_BYTES + 100)), change)


def test_another_files_bytes_do_not_open():
    first, second = store(pdf(100)), store(pdf(100))
    damaged(first, lambda _raw: second.path.read_bytes())


def test_a_file_handed_to_another_owner_does_not_open():
    stored = store(pdf(100))
    StoredFile.objects.update(owner="petitions.petition:8")
    stored.refresh_from_db()
    with pytest.raises(files.Tampered):
        read(stored)
    with pytest.raises(files.Tampered):
        _ = stored.name


def test_check_names_what_is_missing_and_what_differs():
    gone, other, whole = store(pdf(50)), store(pdf(60)), store(pdf(70))
    gone.path.unlink()
    StoredFile.objects.filter(pk=other.pk).update(sha256="0" * 64)
    problems = list(files.check())
    assert len(problems) == 2
    assert any(str(gone.pk) in problem for problem in problems) and any(str(other.pk) in problem for problem in problems)
    assert not any(str(whole.pk) in problem for problem in problems)


def test_destroy_throws_the_key_away_and_removes_the_bytes_on_commit(django_capture_on_commit_callbacks):
    stored = store(pdf(100))
    with django_capture_on_commit_callbacks(execute=True):
        files.destroy(stored)
        assert stored.path.exists(), "a rollback must still find the file"
    assert not stored.path.exists()
    again = StoredFile.objects.get(pk=stored.pk)
    with pytest.raises(files.Destroyed):
        read(again)
    with pytest.raises(files.Destroyed):
        _ = again.name
    assert list(files.check()) == []


def test_sweep_removes_only_what_no_row_refers_to(own_files):
    kept = store(pdf(100))
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        lost = store(pdf(100))
        raise ZeroDivisionError
    foreign = own_files / "aa" / "README"
    partial = own_files / "aa" / "f0000000-0000-0000-0000-000000000000.part"
    foreign.parent.mkdir(exist_ok=True)
    foreign.write_text("x")
    partial.write_text("x")
    assert files.sweep() == 0, "young files may belong to a transaction that is still open"
    assert files.sweep(older_than=-1) == 2
    assert kept.path.exists() and foreign.exists()
    assert not lost.path.exists() and not partial.exists()


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("反映材料.pdf", "反映材料.pdf"),
        ("C:\\用户\\张某\\材料.doc", "材料.doc"),
        ("../../etc/passwd.txt", "passwd.txt"),
        ("a\x00b\r\nc\t.pdf", "ab c.pdf"),
        ("信\u202efdp.exe\u200b.pdf", "信fdp.exe.pdf"),
        ('关于<"某">|的?.docx', "关于__某___的_.docx"),
        ("  ..隐藏. ", "隐藏"),
        ("", "附件"),
        ("///", "附件"),
        ("...", "附件"),
        ("\x00\x01", "附件"),
        ("坏\ud800字.txt", "坏_字.txt"),
    ],
)
def test_names_are_cleaned(raw, clean):
    with translation.override("zh-hans"):
        assert files.clean_name(raw) == clean


def test_long_names_keep_their_ending():
    name = files.clean_name("长" * 500 + ".docx")
    assert name.endswith("长.docx") and len(name.encode()) <= 180
    assert len(files.clean_name("a." + "b" * 5000).encode()) <= 180


MAIL = b"Received: by mail\r\nFrom: a@example.org\r\nSubject: hi\r\n\r\n<html><script>1</script>"
TAKEN = {
    ("a.pdf", "application/pdf"): b"%PDF-1.7\n%%EOF",
    ("a.png", "image/png"): b"\x89PNG\r\n\x1a\n....",
    ("a.jpg", "image/jpeg"): b"\xff\xd8\xff\xe0....",
    ("a.gif", "image/gif"): b"GIF89a....",
    ("a.tif", "image/tiff"): b"II*\x00....",
    ("a.webp", "image/webp"): b"RIFF\x00\x00\x00\x00WEBPVP8 ",
    ("a.txt", "text/plain"): "情况".encode(),
    ("无扩展名", "text/plain"): "情况".encode("gb18030"),
    ("b.txt", "text/plain"): "情况".encode("utf-16"),
    ("c.txt", "text/plain"): b"a < b and c > d, see www.example.org",
    ("d.txt", "text/plain"): ("情况" * 40000).encode(),  # the sniffed head ends inside a character
    ("a.csv", "text/csv"): "编号,内容\n1,情况\n".encode("gb18030"),
    ("a.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"): archive(
        "[Content_Types].xml", "word/document.xml"
    ),
    ("a.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"): archive(
        "[Content_Types].xml", "xl/workbook.xml"
    ),
    ("a.pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"): archive(
        "[Content_Types].xml", "ppt/presentation.xml"
    ),
    ("a.doc", "application/msword"): compound("Root Entry", "WordDocument"),
    ("a.wps", "application/msword"): compound("Root Entry", "1", "2", "3", "4", "5", "WordDocument"),
    ("a.xls", "application/vnd.ms-excel"): compound("Root Entry", "Workbook"),
    ("a.et", "application/vnd.ms-excel"): compound("Root Entry", "Book"),
    ("a.ppt", "application/vnd.ms-powerpoint"): compound("Root Entry", "PowerPoint Document"),
    ("a.msg", "application/vnd.ms-outlook"): compound("Root Entry", "__properties_version1.0"),
    ("a.eml", "message/rfc822"): MAIL,
    ("a.zip", "application/zip"): archive("材料.txt"),
    ("a.rar", "application/vnd.rar"): b"Rar!\x1a\x07\x01\x00",
    ("a.mp3", "audio/mpeg"): b"ID3\x04....",
    ("b.mp3", "audio/mpeg"): b"\xff\xfb\x90\x64" + bytes(400),
    ("a.amr", "audio/amr"): b"#!AMR\n....",
    ("a.wav", "audio/wav"): b"RIFF\x00\x00\x00\x00WAVEfmt ",
    ("a.m4a", "audio/mp4"): b"\x00\x00\x00\x18ftypM4A ....",
    ("b.m4a", "audio/mp4"): b"\x00\x00\x00\x18ftypmp42....",
    ("a.mp4", "video/mp4"): b"\x00\x00\x00\x18ftypisom....",
    ("其实是图片.pdf", "image/png"): b"\x89PNG\r\n\x1a\n....",
}


@pytest.mark.parametrize(("key", "content"), TAKEN.items(), ids=[name for name, _kind in TAKEN])
def test_what_an_office_receives_is_taken(key, content):
    name, kind = key
    stream = io.BytesIO(content)
    stream.read(3)
    assert files.examine(stream, name) == kind
    assert stream.tell() == 0


REFUSED = {
    "program.exe": b"MZ" + bytes(200),
    "program.pdf": b"MZ" + bytes(200) + b"%PDF-1.7",
    "harmless-looking.exe": b"%PDF-1.7\n",
    "page.html": b"hello",
    "page.txt": b"\n  <!DOCTYPE html><p>",
    "page2.txt": b"some words <script>alert(1)</script>",
    "page3.txt": "\ufeff<html>".encode("utf-16"),
    "drawing.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "drawing.png": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "data.xml": b"<?xml version='1.0'?><a/>",
    "run.txt": b"#!/bin/sh\nrm",
    "run.bat": b"echo hello",
    "run.ps1": b"Get-Date",
    "elf": b"\x7fELF" + bytes(100),
    "java.zip": archive("META-INF/MANIFEST.MF", "A.class"),
    "android.zip": archive("AndroidManifest.xml"),
    "macro.docx": archive("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"),
    "unknown-office.docx": archive("[Content_Types].xml", "visio/document.xml"),
    "broken.docx": b"PK\x03\x04broken",
    "installer.doc": compound("Root Entry", "Setup"),
    "stump.doc": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    "nul.txt": b"text\x00with nul",
    "noise.txt": b"\x01\x02\x03\x04",
    "noise.bin": bytes(range(128, 256)) * 3 + b"\xff",
    "picture.avi": b"RIFF\x00\x00\x00\x00AVI LIST",
}


@pytest.mark.parametrize(("name", "content"), REFUSED.items(), ids=list(REFUSED))
def test_what_could_run_or_cannot_be_told_is_refused(name, content):
    with translation.override("zh-hans"), pytest.raises(files.Refused) as caught:
        store(content, name)
    assert caught.value.code == "refused"
    assert "不接收" in caught.value.messages[0] and "PDF" in caught.value.messages[0]
    assert not StoredFile.objects.exists()


def test_a_photograph_that_office_computers_cannot_open_is_refused_with_what_to_do():
    with pytest.raises(files.Refused, match="JPG") as caught:
        store(b"\x00\x00\x00\x18ftypheic....", "IMG_0001.jpg")
    assert caught.value.code == "heic"


def test_an_empty_file_is_refused():
    with pytest.raises(files.Refused) as caught:
        store(b"")
    assert caught.value.code == "empty"


@pytest.mark.parametrize("ring", [(1, 1), (2, 1, 2)], ids=["self", "loop"])
def test_a_compound_file_whose_chain_runs_in_circles_ends(ring):
    content = bytearray(compound("Root Entry", "1", "2", "3", "4", "5", "6", "7"))
    struct.pack_into("<II", content, 512 + 4, ring[-1], 1)
    assert len(content) == 512 * 4
    with pytest.raises(files.Refused):
        files.examine(io.BytesIO(bytes(content)), "a.doc")
