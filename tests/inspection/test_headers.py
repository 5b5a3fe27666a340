"""Exactly these headers on each kind of answer, and no others; cookies that scripts and foreign sites cannot use."""

import io
import json
import os
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from inspection.pages.headers import CONTENT_SECURITY_POLICY, DATA_POLICY, DOWNLOAD_POLICY, PERMISSIONS
from inspection.vault import files, sniffing
from tests.cast import PASSWORD
from tests.petitions.registering import call

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.django_db
ALWAYS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": PERMISSIONS,
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}
FREE = {"Content-Length", "Content-Type", "Vary", "Content-Language", "Content-Disposition", "Location", "Allow", "ETag"}
FREE |= {"WWW-Authenticate", "Retry-After", "HX-Redirect", "Date"}


def exact(answer, policy: str, **more) -> None:
    """The answer carries these headers, and beside them none that is not named in FREE."""
    said = {name: value for name, value in answer.headers.items() if name not in FREE}
    assert said == ALWAYS | {"Content-Security-Policy": policy} | more, answer.request["PATH_INFO"]


def test_each_kind_of_answer_has_exactly_its_headers(world, client):
    petition = call(world, files=[(io.BytesIO(b"%PDF-1.7 /JavaScript"), "证据.pdf")])
    exact(client.get("/healthz"), DATA_POLICY)
    exact(client.get("/readyz"), DATA_POLICY)
    exact(client.get(reverse("accounts:login")), CONTENT_SECURITY_POLICY)
    exact(client.get("/petitions/"), CONTENT_SECURITY_POLICY)  # led to the sign-in
    exact(client.get("/petitions"), CONTENT_SECURITY_POLICY)  # a slash too few
    exact(client.get("/api/v1/petitions/"), DATA_POLICY)
    client.force_login(world.leader1)
    for path in ("/", "/petitions/", petition.get_absolute_url(), "/no/such/page/", "/audit/", "/petitions/?cursor=x"):
        exact(client.get(path), CONTENT_SECURITY_POLICY)
    exact(client.get("/api/v1/petitions/"), DATA_POLICY)
    exact(client.get("/api/v1/nothing/"), DATA_POLICY)
    exact(client.get(f"/api/v1/petitions/{petition.number}/"), DATA_POLICY)
    kept = petition.attachments.get()
    download = client.get(reverse("petitions:attachment", args=[petition.number, kept.pk]))
    assert download["Content-Disposition"].startswith("attachment") and download["Content-Type"] == "application/pdf"
    assert b"".join(download.streaming_content) == b"%PDF-1.7 /JavaScript", "kept as it came: evidence"
    assert "sandbox" in download["Content-Security-Policy"] and download["Cache-Control"] == "no-store"
    client.force_login(world.auditor)
    exact(client.get(reverse("audit-export")), DOWNLOAD_POLICY)


def test_an_answer_that_failed_has_them_too(world, client, monkeypatch):
    client.force_login(world.leader1)
    client.raise_request_exception = False
    monkeypatch.setattr("petitions.views.listing.lists.page", lambda *_facts, **_more: 1 / 0)
    answer = client.get("/petitions/")
    assert answer.status_code == 500
    exact(answer, CONTENT_SECURITY_POLICY)


@pytest.mark.embedded
def test_no_policy_allows_anything_inline_or_from_elsewhere():
    for policy in (CONTENT_SECURITY_POLICY, DATA_POLICY, DOWNLOAD_POLICY):
        assert not any(word in policy for word in ("unsafe", "*", "http", "blob:", "allow-"))


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(world, client):
    page = client.get(reverse("accounts:login"))
    answer = client.post(reverse("accounts:login"), {"username": "office", "password": PASSWORD})
    kept = {**page.cookies, **answer.cookies}
    assert "sessionid" in kept and "csrftoken" in kept
    for name, cookie in kept.items():
        assert cookie["httponly"] and cookie["samesite"] == "Lax", name
        assert not cookie["domain"], name


IN_PRODUCTION = """
import json, django
django.setup()
from django.conf import settings
from django.test import Client
page = Client(SERVER_NAME="office.example").get("/healthz", headers={"X-Forwarded-Proto": "https"})
plain = Client(SERVER_NAME="office.example").get("/petitions/")
cookies = {name: getattr(settings, name) for name in ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "DEBUG")}
print(json.dumps({"page": dict(page.headers), "plain": [plain.status_code, dict(plain.headers)], "cookies": cookies}))
"""


@pytest.mark.embedded
def test_production_insists_on_https(tmp_path):
    environment = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path), "PRODUCTION": "1", "ALLOWED_HOSTS": "office.example"}
    environment |= {"SECRET_KEY": "Zx9_" + os.urandom(32).hex(), "DJANGO_SETTINGS_MODULE": "inspection.settings"}
    done = subprocess.run(
        [sys.executable, "-c", IN_PRODUCTION], env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["page"]["Strict-Transport-Security"] == "max-age=31536000"
    status, headers = said["plain"]
    assert (status, headers["Location"]) == (301, "https://office.example/petitions/")
    assert headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    assert said["cookies"] == {"SESSION_COOKIE_SECURE": True, "CSRF_COOKIE_SECURE": True, "DEBUG": False}


# --- what comes in -----------------------------------------------------------------------------------------------------------


def test_what_is_dangerous_to_open_is_kept_and_never_shown(world, client):
    """Whatever the content, an upload goes out as a download in a sandbox, with a type a browser does not run."""
    risky = (
        (b"%PDF-1.7\n/OpenAction /Launch /EmbeddedFile /JavaScript", "a.pdf", "application/pdf"),
        (b"GIF89a\x01\x00\x01\x00/*<script>alert(1)</script>*/", "a.gif", "image/gif"),
        ("正文 & 其他".encode(), "a.txt", "text/plain"),
    )
    for content, name, kind in risky:
        petition = call(world, text=f"附件 {name} 的件", files=[(io.BytesIO(content), name)])
        client.force_login(world.leader1)
        answer = client.get(reverse("petitions:attachment", args=[petition.number, petition.attachments.get().pk]))
        assert answer["Content-Disposition"].startswith("attachment") and answer["Content-Type"] == kind
        assert "sandbox" in answer["Content-Security-Policy"] and answer["X-Content-Type-Options"] == "nosniff"


@pytest.mark.embedded
def test_bombs_are_refused_by_what_their_headers_promise():
    for name, content in bombs():
        assert sniffing.media_type(io.BytesIO(content), name) is None, name
    for name, content in harmless():
        assert sniffing.media_type(io.BytesIO(content), name), name


def bombs():
    """(name, content) of files that are small and unpack to far too much."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", b"0" * (120 * 1024 * 1024))
    yield "ratio.zip", packed.getvalue()
    many = io.BytesIO()
    with zipfile.ZipFile(many, "w") as archive:
        for number in range(sniffing.MAX_ENTRIES + 1):
            archive.writestr(str(number), b"")
    yield "entries.zip", many.getvalue()
    nested = io.BytesIO()
    with zipfile.ZipFile(nested, "w") as archive:
        archive.writestr("../../etc/cron.d/x", b"x")
    yield "path.zip", nested.getvalue()
    size = struct.pack(">II", 60_000, 60_000)
    chunk = b"IHDR" + size + b"\x08\x06\x00\x00\x00"
    yield "pixels.png", b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    yield "pixels.gif", b"GIF89a" + struct.pack("<HH", 65_535, 65_535) + b"\0\0\0"
    yield "pixels.jpg", b"\xff\xd8\xff\xe0\x00\x04\x00\x00\xff\xc0\x00\x0b\x08" + struct.pack(">HH", 65_000, 65_000) + b"\1\1\1\0"
    webp = b"VP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + (59_999).to_bytes(3, "little") * 2
    yield "pixels.webp", b"RIFF" + struct.pack("<I", 4 + len(webp)) + b"WEBP" + webp
    entry = b"".join(struct.pack("<HHII", tag, 4, 1, 60_000) for tag in (256, 257))
    yield "pixels.tiff", b"II*\0" + struct.pack("<IH", 8, 2) + entry + b"\0\0\0\0"


def harmless():
    yield "a.png", b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + struct.pack(">II", 4000, 3000) + b"\x08\x06\0\0\0"
    yield "a.jpg", b"\xff\xd8\xff\xe0\x00\x04\x00\x00\xff\xc0\x00\x0b\x08" + struct.pack(">HH", 3000, 4000) + b"\1\1\1\0"
    yield "short.png", b"\x89PNG\r\n\x1a\n"


@pytest.mark.embedded
def test_a_refused_bomb_says_so_beside_its_field(settings, tmp_path):
    settings.FILES_DIR = tmp_path
    content = dict(bombs())["ratio.zip"]
    with pytest.raises(files.Refused):
        files.examine(SimpleUploadedFile("a.zip", content), "a.zip")
