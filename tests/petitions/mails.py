# ruff: noqa: E501
"""Mails as people's programs really send them, built byte by byte, each with what must be read out of it."""

import base64
import quopri
from dataclasses import dataclass, field
from email.header import Header

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(40))
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
TNEF = bytes.fromhex("789f3e22") + bytes(range(60))
SAID = "反映镕基路拆迁补偿款被截留，村干部孙某说“再等等”。"  # 镕 is in GBK and not in GB 2312
WITH_PICTURE = b"=?utf-8?B?" + base64.b64encode("附照片".encode()) + b"?="
TRADITIONAL = "反映鎮長挪用補償款，請巡視組調查處理。"


@dataclass
class Mail:
    """One mail. `says` is contained in the text; `files` are the names of what hangs on it."""

    name: str
    raw: bytes
    subject: str
    says: str
    sender: tuple[str, str] = ("", "writer@example.org")
    files: list[str] = field(default_factory=list)


def b64(raw: bytes) -> bytes:
    return base64.encodebytes(raw).replace(b"\n", b"\r\n")


def word(text: str, charset: str, declared: str | None = None, how: str = "B") -> bytes:
    """An encoded word."""
    raw = text.encode(charset)
    body = base64.b64encode(raw) if how == "B" else quopri.encodestring(raw, quotetabs=True, header=True).replace(b"=\n", b"")
    return b"=?" + (declared or charset).encode() + b"?" + how.encode() + b"?" + body + b"?="


def mail(*, subject=b"", content=b"text/plain; charset=utf-8", body=b"", encoding=b"8bit", sender=b"writer@example.org", more=()):
    """A mail with one part, or with whatever `content` and `body` make of it."""
    lines = [b"Return-Path: <x@example.org>", b"From: " + sender, b"To: box@example.org", b"Message-ID: <1@example.org>"]
    lines += [b"Date: Sun, 22 Nov 2026 08:00:00 +0800", b"MIME-Version: 1.0", *more]
    if subject is not None:
        lines.append(b"Subject: " + subject)
    if content:
        lines += [b"Content-Type: " + content, b"Content-Transfer-Encoding: " + encoding]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def multipart(kind: bytes, *parts: tuple[list[bytes], bytes], boundary=b"----=_Part_1", closed=True) -> tuple[bytes, bytes]:
    """(Content-Type, body) of a multipart."""
    body = b""
    for headers, payload in parts:
        body += b"--" + boundary + b"\r\n" + b"\r\n".join(headers) + b"\r\n\r\n" + payload + b"\r\n"
    return b"multipart/" + kind + b'; boundary="' + boundary + b'"', body + (b"--" + boundary + b"--\r\n" if closed else b"")


def text_part(text=SAID, charset="utf-8") -> tuple[list[bytes], bytes]:
    return [b"Content-Type: text/plain; charset=" + charset.encode(), b"Content-Transfer-Encoding: base64"], b64(
        text.encode(charset)
    )


def attached(name_header: bytes, payload: bytes = PNG, kind: bytes = b"image/png") -> tuple[list[bytes], bytes]:
    headers = [b"Content-Type: " + kind, b"Content-Disposition: attachment; " + name_header, b"Content-Transfer-Encoding: base64"]
    return headers, b64(payload)


def with_parts(*parts, kind=b"mixed", subject=WITH_PICTURE, **more) -> bytes:
    content, body = multipart(kind, *parts, **{key: more.pop(key) for key in ("closed",) if key in more})
    return mail(subject=subject, content=content, body=body, **more)


def _split_character() -> bytes:
    """A subject whose encoded words were cut in the middle of a character, as some programs do."""
    raw = "关于拆迁补偿".encode("gbk")
    return b" ".join(b"=?GB2312?B?" + base64.b64encode(part) + b"?=" for part in (raw[:5], raw[5:]))


def _iso_2022_cn(text: str) -> bytes:
    raw = text.encode("gb2312")
    return b"\x1b$)A\x0e" + bytes(byte & 0x7F for byte in raw) + b"\x0f"


def _nested() -> bytes:
    inner = mail(subject=word("原来的信", "gbk", "gb2312"), body="里面的内容".encode())
    return with_parts(text_part("转发一封信"), ([b"Content-Type: message/rfc822"], inner), subject=word("转发", "utf-8"))


def _html(charset=b"utf-8", meta=b"") -> bytes:
    page = "<html><head>META<title>不要</title><style>p{color:red}</style></head><body><p>第一段&nbsp;甲</p><script>alert(1)</script>"
    page += "<div>第二段<br>第三段 &lt;乙&gt;</div></body></html>"
    return page.replace("META", meta.decode()).encode("gb18030" if b"gb" in charset + meta else "utf-8")


LATIN = "Monsieur le pr\u00e9fet, l'affaire est grave."

MAILS = [
    Mail("plain utf-8", mail(subject=word("占道经营", "utf-8"), body=SAID.encode()), "占道经营", SAID),
    Mail("gb2312 declared, gbk written", mail(subject=word("拆迁", "gbk", "gb2312"), content=b"text/plain; charset=gb2312", body=SAID.encode("gbk")), "拆迁", SAID),
    Mail("gbk quoted-printable", mail(subject=word("补偿", "gbk", "GBK", "Q"), content=b'text/plain; charset="GBK"', encoding=b"quoted-printable", body=quopri.encodestring(SAID.encode("gbk"))), "补偿", SAID),
    Mail("gb18030 four bytes", mail(subject=word("㐂名", "gb18030"), content=b"text/plain; charset=gb18030", body="姓𠮷的村干部".encode("gb18030")), "㐂名", "姓𠮷的村干部"),
    Mail("utf-8 declared, gbk written", mail(subject=b"=?utf-8?B?" + base64.b64encode("土地".encode("gbk")) + b"?=", body=SAID.encode("gbk")), "土地", SAID),
    Mail("gb2312 declared, utf-8 written", mail(subject=b"test", content=b"text/plain; charset=gb2312", body=SAID.encode()), "test", SAID),
    Mail("no charset, utf-8", mail(subject=b"test", content=b"text/plain", body=SAID.encode()), "test", SAID),
    Mail("no charset, gbk", mail(subject=b"test", content=b"text/plain", body=SAID.encode("gbk")), "test", SAID),
    Mail("no charset, big5", mail(subject=b"test", content=b"text/plain", body=TRADITIONAL.encode("big5")), "test", TRADITIONAL),
    Mail("big5", mail(subject=word("補償款", "big5"), content=b"text/plain; charset=big5", body=TRADITIONAL.encode("big5")), "補償款", TRADITIONAL),
    Mail("latin-1 declared, gbk written", mail(subject=b"test", content=b"text/plain; charset=iso-8859-1", body=SAID.encode("gbk")), "test", SAID),
    Mail("real latin-1", mail(subject=b"Affaire", content=b"text/plain; charset=iso-8859-1", body=LATIN.encode("latin-1")), "Affaire", LATIN),
    Mail("iso-2022-jp", mail(subject="日本語の件名".encode("iso2022_jp"), content=b"text/plain; charset=iso-2022-jp", encoding=b"7bit", body="土地問題について".encode("iso2022_jp")), "日本語の件名", "土地問題について"),
    Mail("iso-2022-cn", mail(subject=b"test", content=b"text/plain; charset=iso-2022-cn", encoding=b"7bit", body=_iso_2022_cn("征地补偿没有到位")), "test", "征地补偿没有到位"),
    Mail("hz", mail(subject=b"test", content=b"text/plain; charset=hz-gb-2312", encoding=b"7bit", body="低保名额".encode("hz")), "test", "低保名额"),
    Mail("utf-16", mail(subject=b"test", content=b"text/plain; charset=utf-16", encoding=b"base64", body=b64(SAID.encode("utf-16"))), "test", SAID),
    Mail("unknown charset", mail(subject=b"=?x-tencent?B?" + base64.b64encode("医保".encode()) + b"?=", content=b"text/plain; charset=x-tencent", body=SAID.encode()), "医保", SAID),
    Mail("a codec that is no charset", mail(subject=b"=?base64?B?" + base64.b64encode("医保".encode()) + b"?=", content=b"text/plain; charset=base64", body=SAID.encode()), "医保", SAID),
    Mail("charset in quotes of its own", mail(subject=b"test", content=b"text/plain; charset=\"'gb2312'\"", body=SAID.encode("gbk")), "test", SAID),
    Mail("broken utf-8 in the middle", mail(subject=b"test", body="甲方".encode() + b"\xff\xfe\x80" + "乙方".encode()), "test", "乙方"),
    Mail("raw 8-bit headers", mail(subject="关于低保的反映".encode("gbk"), sender="周某某".encode("gbk") + b" <zhou@example.org>", body=SAID.encode()), "关于低保的反映", SAID, ("周某某", "zhou@example.org")),
    Mail("raw utf-8 headers", mail(subject="关于低保的反映".encode(), body=SAID.encode()), "关于低保的反映", SAID),
    Mail("encoded words cut inside a character", mail(subject=_split_character(), body=SAID.encode()), "关于拆迁补偿", SAID),
    Mail("folded subject", mail(subject=Header("关于" + "某村集体资金" * 12, "utf-8").encode(linesep="\r\n").encode(), body=SAID.encode()), "关于" + "某村集体资金" * 12, SAID),
    Mail("words stuck to ascii", mail(subject=b"Re:" + word("答复", "utf-8") + b" [2026]", body=SAID.encode()), "Re:答复 [2026]", SAID),
    Mail("bad base64 in the subject", mail(subject=b"=?utf-8?B?" + base64.b64encode("低保".encode()) + b"A?=", body=SAID.encode()), "低保", SAID),
    Mail("no subject", mail(subject=None, body=SAID.encode()), "", SAID),
    Mail("no content type", mail(subject=b"test", content=b"", body=SAID.encode("gbk")), "test", SAID),
    Mail("name with a comma", mail(sender=word("王某, 局长", "utf-8") + b" <w@example.org>", subject=b"test", body=SAID.encode()), "test", SAID, ("王某, 局长", "w@example.org")),
    Mail("quoted name", mail(sender=b'"' + word("李某", "gbk", "gb2312") + b'" <l@example.org>', subject=b"test", body=SAID.encode()), "test", SAID, ("李某", "l@example.org")),
    Mail("html only", mail(subject=b"test", content=b"text/html; charset=utf-8", body=_html()), "test", "第一段 甲\n\n第二段\n第三段 <乙>"),
    Mail("html with its charset in meta", mail(subject=b"test", content=b"text/html", body=_html(b"", b'<meta charset="gb2312">')), "test", "第二段"),
    Mail("alternative", with_parts(text_part("纯文本"), ([b"Content-Type: text/html; charset=utf-8"], "<p>网页</p>".encode()), kind=b"alternative", subject=b"test"), "test", "纯文本"),
    Mail("alternative with an empty plain part", with_parts(text_part("  "), ([b"Content-Type: text/html; charset=utf-8"], "<p>网页里写的</p>".encode()), kind=b"alternative", subject=b"test"), "test", "网页里写的"),
    Mail("name after RFC 2231", with_parts(text_part(), attached(b"filename*=gb2312''" + b"".join(b"%%%02X" % byte for byte in "镕基路.png".encode("gbk")))), "附照片", SAID, files=["镕基路.png"]),
    Mail("continued name after RFC 2231", with_parts(text_part(), attached(b"filename*0*=utf-8''%E7%85%A7;\r\n filename*1*=%E7%89%87.png")), "附照片", SAID, files=["照片.png"]),
    Mail("name as an encoded word", with_parts(text_part(), attached(b'filename="' + word("照片.png", "gbk", "gb2312") + b'"')), "附照片", SAID, files=["照片.png"]),
    Mail("name as several encoded words", with_parts(text_part(), attached(b'filename="' + word("现场", "utf-8") + b"\r\n " + word("照片.png", "utf-8") + b'"')), "附照片", SAID, files=["现场照片.png"]),
    Mail("name as raw bytes", with_parts(text_part(), attached(b'filename="' + "照片.png".encode("gbk") + b'"')), "附照片", SAID, files=["照片.png"]),
    Mail("name only in the content type", with_parts(text_part(), ([b"Content-Type: image/png; name=\"" + word("现场.png", "utf-8") + b"\"", b"Content-Transfer-Encoding: base64"], b64(PNG))), "附照片", SAID, files=["现场.png"]),
    Mail("no name at all", with_parts(text_part(), ([b"Content-Type: image/png", b"Content-Transfer-Encoding: base64"], b64(PNG))), "附照片", SAID, files=["附件1.png"]),
    Mail("two of one name", with_parts(text_part(), attached(b'filename="a.pdf"', PDF, b"application/pdf"), attached(b'filename="a.pdf"', PDF, b"application/pdf")), "附照片", SAID, files=["a.pdf", "a.pdf"]),
    Mail("text as an attachment", with_parts(text_part(), attached(b'filename="list.txt"', "名单".encode("gbk"), b"text/plain")), "附照片", SAID, files=["list.txt"]),
    Mail("mail within the mail", _nested(), "转发", "转发一封信", files=["原来的信.eml"]),
    Mail("winmail.dat", with_parts(text_part(), attached(b'filename="winmail.dat"', TNEF, b"application/ms-tnef")), "附照片", SAID, files=["winmail.dat"]),
    Mail("picture inside the text", with_parts(([b"Content-Type: text/html; charset=utf-8"], '<p>见图</p><img src="cid:1">'.encode()), ([b"Content-Type: image/png; name=1.png", b"Content-ID: <1>", b"Content-Disposition: inline", b"Content-Transfer-Encoding: base64"], b64(PNG)), kind=b"related"), "附照片", "见图", files=["1.png"]),
    Mail("boundary never closed", with_parts(text_part(), attached(b'filename="a.png"'), closed=False), "附照片", SAID, files=["a.png"]),
    Mail("boundary that does not occur", mail(subject=b"test", content=b'multipart/mixed; boundary="nowhere"', body=SAID.encode()), "test", SAID),
    Mail("bare line feeds", mail(subject=word("换行", "utf-8"), body=SAID.encode()).replace(b"\r\n", b"\n"), "换行", SAID),
    Mail("NUL bytes", mail(subject=b"test", body=b"\x00" + SAID.encode() + b"\x00"), "test", SAID),
    Mail("several text parts", with_parts(text_part("第一部分"), text_part("第二部分", "gbk")), "附照片", "第一部分\n\n第二部分"),
    Mail("emoji", mail(subject=word("😡拖欠工资", "utf-8"), body="还我血汗钱😡".encode()), "😡拖欠工资", "还我血汗钱😡"),
]  # fmt: skip
