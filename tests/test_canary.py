"""Canaries: marked words go in through every door, and afterwards nothing at rest and nothing on its way out holds one of them.

Where they may be: in sealed envelopes and files, and on the page of who has the right; that page is looked at, or the search for
leaks would pass on an office into which nothing was put.
"""

import base64
import io
import json
import logging
import os
import sqlite3
import subprocess
import urllib.parse
from contextlib import closing
from html.parser import HTMLParser

import openpyxl
import pytest
from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from inspection.accounts.models import Session
from inspection.accounts.sessions import SessionStore
from inspection.backups import databases, making
from inspection.outbox.delivery import deliver_ready
from inspection.reports import production
from inspection.reports import workflow as report_runs
from inspection.reports.kinds import Period, all_kinds
from inspection.trail import sealing
from petitions import intake
from petitions.importing import batches, running
from petitions.mailbox import accounts, collecting
from petitions.mailbox import connection as mailboxes
from petitions.models import MailAccount, MailItem, Petition
from petitions.workflow import box, disclosure, transfer
from petitions.workflow import petition as verbs
from rectification.models import Clue, Finding, Item
from rectification.workflow import clue as clues
from rectification.workflow import feedback as feedbacks
from rectification.workflow import finding as findings
from rectification.workflow import item as items
from rounds.models import Channel, Person, Relative
from rounds.workflow import request_override
from tests.petitions.test_importing import MESSAGES, message, sheet
from tests.petitions.test_mailbox import Server
from tests.rectification.papers import drafted_paper, used_paper
from tests.rectification.steps import To, decomposed, feeding_back, in_days, opened

BIRD, LATIN = "鹓鶵鸑鷟", "kanariq7"  # what every canary holds; rare enough that nothing else does
PHONE, CARD = "13977001913", "420106197701013917"
MARKS = (BIRD, LATIN, PHONE, CARD)


def canary(place: str) -> str:
    """A sentence that says where it was put in."""
    return f"{BIRD}在{place}{LATIN}"


def forms(mark: str) -> set[bytes]:
    """The mark as it may lie somewhere: encodings, escapes, hexadecimal, and Base64 at each of its three offsets."""
    raw = [mark.encode(code) for code in ("utf-8", "utf-16-le", "utf-16-be", "gb18030")]
    found = {*raw, urllib.parse.quote(mark).encode(), json.dumps(mark).strip('"').encode()}
    found |= {text for one in raw for text in (one.hex().encode(), one.hex().upper().encode())}
    for one in raw:
        for offset in range(3):
            coded = base64.b64encode(b"\0" * offset + one)
            core = coded[(0, 2, 3)[offset] :].rstrip(b"=")
            core = core[: len(core) - (offset + len(one)) % 3 or None] if (offset + len(one)) % 3 else core
            found |= {core, core.replace(b"+", b"-").replace(b"/", b"_")}
    return found


FORMS = {form: mark for mark in MARKS for form in forms(mark)}


def leaks(where: str, data: bytes | str) -> list[str]:
    """Which marks `data` holds, with the place around the first find."""
    data = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    lower = data.lower() if LATIN.encode() not in data else data
    return [
        f"{where}: {mark}: {data[max(0, at - 60) : at + 60]!r}"
        for form, mark in FORMS.items()
        if (at := max(data.find(form), lower.find(form))) >= 0
    ]


def test_the_search_finds_a_canary_in_every_disguise():
    said = canary("此处")
    disguises = [
        said,
        said.encode("utf-16"),
        said.encode("gb18030"),
        urllib.parse.quote(said),
        json.dumps(said),
        said.encode().hex(),
    ]
    disguises += [base64.b64encode(b"x" * n + said.encode()) for n in range(3)]
    disguises += [base64.urlsafe_b64encode(b"x" * n + PHONE.encode() + b"yz") for n in range(3)]
    for disguise in disguises:
        assert leaks("here", disguise), disguise
    assert not leaks("here", "鹓 鶵 kanari 1397700191")


class Addresses(HTMLParser):
    """Every address on a page, and its title."""

    def __init__(self):
        super().__init__()
        self.found, self._titled = [], False

    def handle_starttag(self, tag, attrs):
        self._titled = tag == "title"
        self.found += [
            value or "" for name, value in attrs if name in ("href", "src", "action", "hx-get", "hx-post", "data-draft")
        ]

    def handle_data(self, data):
        if self._titled:
            self.found.append(data)


class Reader:
    """Looks at pages as a person would, keeping what a browser's address bar, history and title would show."""

    def __init__(self, client):
        self.client, self.addresses = client, []

    def sees(self, user, url: str, *words: str) -> None:
        """`user` finds all the words at the address."""
        self.client.force_login(user)
        answer = self.client.get(url)
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        text = content.decode("utf-8", "replace")
        missing = [word for word in words if word not in text]
        assert not missing, (user.username, url, answer.status_code, missing)
        self.note(answer, text)

    def sends(self, user, url: str, data: dict, status: int = 302) -> None:
        """`user` posts the form."""
        self.client.force_login(user)
        answer = self.client.post(url, data)
        assert answer.status_code == status, (url, answer.status_code, answer.context and answer.context["form"].errors)
        self.note(answer, answer.content.decode("utf-8", "replace") if not answer.streaming else "")

    def note(self, answer, text: str) -> None:
        parser = Addresses()
        parser.feed(text)
        self.addresses += [*parser.found, *(f"{name}: {value}" for name, value in answer.headers.items())]


@pytest.fixture
def logged():
    """Everything that is logged while the test runs, as the console of an office would show it."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    from logging.config import dictConfigClass

    configured = dictConfigClass(settings.LOGGING)
    handler.setFormatter(configured.configure_formatter(dict(settings.LOGGING["formatters"]["line"])))
    loggers = [logging.getLogger(), logging.getLogger("django"), logging.getLogger("celery")]
    for logger in loggers:
        logger.addHandler(handler)
    yield stream
    for logger in loggers:
        logger.removeHandler(handler)


@pytest.mark.django_db(transaction=True)
def test_no_canary_gets_out(world, client, logged, monkeypatch, tmp_path):
    reader = Reader(client)
    petitions_with(world, reader, monkeypatch)
    rectification_with(world, reader)
    people_with(world, reader)
    refused_with(world, reader, monkeypatch)
    reports_and_exports(world, reader)
    deliver_ready()
    sealing.seal_pending()
    making.make(tmp_path / "backup.zlb", lambda *_progress: None)
    found = [leak for where, data in everything(tmp_path) for leak in leaks(where, data)]
    found += [leak for address in reader.addresses for leak in leaks("address", address)]
    found += leaks("log", logged.getvalue())
    assert found == []


def reporter(place: str) -> dict:
    """Who wrote, in full."""
    return {
        "name": canary(f"{place}姓名"),
        "phone": PHONE,
        "email": f"{LATIN}@example.org",
        "address": canary(f"{place}住址"),
        "id_number": CARD,
        "wish": canary(f"{place}诉求"),
    }


def petitions_with(world, reader, monkeypatch) -> None:
    """Page form, API, sheet, mailbox, every kind of channel; correction, triage, slip, reply, identity."""
    by_form(world, reader)
    by_program(world, reader)
    by_every_channel(world, reader)
    by_sheet(world, reader)
    by_mail(world, reader, monkeypatch)


def by_form(world, reader) -> None:
    form = {
        "token": "t1",
        "assignment": world.assignment_a.pk,
        "received_at": timezone.localtime().strftime("%Y-%m-%dT%H:%M"),
        "subject": canary("页面标题"),
        "text": canary("页面内容"),
        "people_count": 1,
        "mark": "internal",
        "persons-TOTAL_FORMS": 1,
        "persons-INITIAL_FORMS": 0,
        "persons-0-name": canary("被反映人"),
        "persons-0-unit": canary("被反映人单位"),
        "files": [SimpleUploadedFile(f"{canary('附件名')}.txt", canary("附件").encode())],
    } | reporter("页面")
    reader.sends(world.member1, reverse("petitions:register", args=["letter"]), form)
    petition = Petition.objects.get()
    page = petition.get_absolute_url()
    reader.sees(world.leader1, page, *(canary(place) for place in ("页面标题", "页面内容", "被反映人", "附件名")))
    kept = petition.attachments.get()
    reader.client.force_login(world.leader1)
    download = reader.client.get(reverse("petitions:attachment", args=[petition.number, kept.pk]))
    assert b"".join(download.streaming_content).decode() == canary("附件")
    verbs.correct(petition, by=world.leader1, reason=canary("更正理由"), text=canary("更正内容"))
    verbs.accept(petition, by=world.leader1, discipline="work")
    verbs.check(petition, by=world.member1)
    verbs.conclude(petition, by=world.leader1, outcome="closed", reason=canary("办结理由"))
    verbs.reopen(petition, by=world.leader1, reason=canary("重开理由"))
    reader.sees(world.leader1, page, canary("更正内容"), canary("更正理由"), canary("办结理由"), canary("重开理由"))
    asked = disclosure.ask(petition, by=world.leader1, reason=canary("申请理由"))
    reader.sees(world.custodian, asked.get_absolute_url(), canary("申请理由"))
    disclosure.approve(asked, by=world.custodian)
    who = reverse("petitions:identity", args=[petition.number])
    reader.client.force_login(world.leader1)
    reader.sees(world.leader1, who, canary("页面姓名"), canary("页面诉求"), PHONE)


def by_program(world, reader) -> None:
    body = {
        "assignment": world.assignment_a.number,
        "channel": "online",
        "received_at": timezone.now().isoformat(),
        "subject": canary("接口标题"),
        "text": canary("接口内容"),
    }
    reader.client.force_login(world.leader1)
    answer = reader.client.post("/api/v1/petitions/", json.dumps(body), content_type="application/json")
    assert answer.status_code == 201, answer.content
    number = answer.json()["number"]
    answer = reader.client.get(f"/api/v1/petitions/{number}/")
    assert canary("接口内容") in json.dumps(answer.json(), ensure_ascii=False)
    petition = Petition.objects.get(number=number)
    slip = transfer.transfer(
        petition, by=world.leader1, receiver=world.agency, extract=canary("转办摘要"), sent_on=timezone.localdate()
    )
    transfer.receive(slip, by=world.leader1, date=timezone.localdate(), received_by="王某")
    transfer.reply(slip, by=world.leader1, date=timezone.localdate(), text=canary("承办答复"))
    transfer.redo(slip, by=world.leader1, reason=canary("退回理由"))
    reader.sees(world.leader1, slip.get_absolute_url(), *(canary(place) for place in ("转办摘要", "承办答复", "退回理由")))


def by_every_channel(world, reader) -> None:
    opening = box.open_box(
        world.assignment_a.channels.get(kind="box"), by=world.member1, witness=world.leader1, opened_at=timezone.now(), letters=1
    )
    for kind in Channel.Kind.values:
        petition = intake.register(
            world.assignment_a,
            by=world.member1,
            channel_kind=kind,
            received_at=opening.opened_at,
            subject=canary(f"{kind}标题"),
            text=canary(f"{kind}内容"),
            persons=[{"name": canary(kind), "unit": canary(f"{kind}单位")}],
            reporter=reporter(kind),
            box_opening=opening if kind == "box" else None,
            files=[(io.BytesIO(canary(f"{kind}附件").encode()), f"{canary(kind)}.txt")],
        )
        reader.sees(world.leader1, petition.get_absolute_url(), canary(f"{kind}标题"), canary(f"{kind}内容"), canary(kind))


def by_sheet(world, reader) -> None:
    good = message(留言主题=canary("表格标题"), 留言详情=canary("表格内容"), 留言用户=canary("表格用户"))
    wrong = message(2550, 留言时间=canary("表格日期"), 留言详情=canary("表格错行"))
    batch = batches.upload(
        sheet(MESSAGES, good, wrong), f"{canary('表格名')}.xlsx", "petitions", by=world.office, assignment=world.assignment_a
    )
    reader.sees(world.office, reverse("petitions:import", args=[batch.pk]))
    batches.confirm(batch, by=world.office)
    deliver_ready()
    running.run(batch.pk)
    assert any(
        canary("表格内容") in petition.opened().get("text", "") for petition in Petition.objects.filter(channel_kind="online")
    )


def by_mail(world, reader, monkeypatch) -> None:
    account = MailAccount(
        channel=world.assignment_a.channels.get(kind="email"), registrar=world.office, host="localhost", username="box"
    )
    accounts.save(account, by=world.admin, password=canary("邮箱密码"))
    subject = base64.b64encode(canary("邮件标题").encode()).decode()
    raw = (
        f"From: =?utf-8?B?{base64.b64encode(canary('发件人').encode()).decode()}?= <{LATIN}@example.org>\r\n"
        f"Subject: =?utf-8?B?{subject}?=\r\nDate: Sun, 22 Nov 2026 09:00:00 +0800\r\nMessage-ID: <{LATIN}@example.org>\r\n"
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        f"{canary('邮件内容')}\r\n"
    ).encode()
    broken = (
        b"From: x\r\nSubject: \xff\xfe "
        + LATIN.encode()
        + b"\r\nContent-Type: multipart/mixed; boundary=\r\n\r\n"
        + canary("坏邮件").encode()
    )
    monkeypatch.setattr(mailboxes, "opened", lambda _account: Server(raw, broken))
    collecting.collect(account)
    first, second = MailItem.objects.order_by("uid")
    reader.sees(world.leader1, first.petition.get_absolute_url(), canary("邮件标题"), canary("邮件内容"))
    reader.sees(world.leader1, second.petition.get_absolute_url(), canary("坏邮件"))


def rectification_with(world, reader) -> None:
    """Papers, clues, feedback, items, measures, progress, evidence, reasons."""
    paper = drafted_paper(
        world,
        world.assignment_a,
        title=canary("底稿标题"),
        fact=canary("底稿事实"),
        basis=canary("依据"),
        responsible=canary("责任人"),
    )
    findings.attach_evidence(
        paper, by=world.member1, files=[SimpleUploadedFile(f"{canary('佐证名')}.txt", canary("佐证").encode())]
    )
    paper = Finding.objects.get(pk=paper.pk)
    reader.sees(
        world.leader1,
        paper.get_absolute_url(),
        *(canary(place) for place in ("底稿标题", "底稿事实", "依据", "责任人", "佐证名")),
    )
    findings.submit(paper, by=world.member1)
    findings.send_back(paper, by=world.leader1, reason=canary("底稿退回"))
    reader.sees(world.member1, paper.get_absolute_url(), canary("底稿退回"))
    clue = clues.propose(
        world.assignment_a,
        by=world.leader1,
        receiver=world.discipline_body,
        level="division",
        discipline="integrity",
        name=canary("线索姓名"),
        post=canary("线索职务"),
        matter=canary("线索问题"),
    )
    reader.sees(world.chief, clue.get_absolute_url(), canary("线索姓名"), canary("线索职务"), canary("线索问题"))
    clues.withdraw(Clue.objects.get(pk=clue.pk), by=world.chief, reason=canary("线索撤回"))
    used = used_paper(world, world.assignment_a)
    feedback = feedbacks.draft(
        feeding_back(world.assignment_a),
        by=world.office,
        to=To.BODY,
        findings=[used],
        overall=canary("总体评价"),
        problems=canary("主要问题"),
        suggestions=canary("意见建议"),
        demands=canary("要求"),
    )
    reader.sees(world.chief, feedback.get_absolute_url(), canary("总体评价"), canary("主要问题"), canary("意见建议"))
    feedback = feedbacks.approve(feedback, by=world.chief)
    feedbacks.send_back(feedback, by=world.chief, reason=canary("反馈退回"))
    type(world.assignment_b).objects.filter(pk=world.assignment_a.pk).update(state="rectifying")
    world.assignment_a.refresh_from_db()
    item = decomposed(
        world, opened(world, world.assignment_a, problem=canary("整改问题")), goal=canary("整改目标"), leader=canary("牵头")
    )
    items.report_progress(
        Item.objects.get(pk=item.pk),
        by=world.liaison_a,
        text=canary("进展"),
        attachments=[SimpleUploadedFile(f"{canary('整改佐证名')}.txt", canary("整改佐证").encode())],
    )
    items.extend(Item.objects.get(pk=item.pk), by=world.chief, reason=canary("延期理由"), date=in_days(90))
    reader.sees(
        world.chief,
        item.get_absolute_url(),
        *(canary(place) for place in ("整改问题", "整改目标", "牵头", "进展", "整改佐证名", "延期理由")),
    )


def people_with(world, reader) -> None:
    """Why a conflict of interest should not matter."""
    person = Person.objects.create(name="有亲属者", code="P-kin")
    Relative.objects.create(person=person, name="某亲属", relation="配偶", unit=world.unit_a)
    override = request_override(
        world.group1, person, "member", by=world.office, starts_on=timezone.localdate(), reason=canary("不回避理由")
    )
    reader.sees(world.chief, override.get_absolute_url(), canary("不回避理由"))


def refused_with(world, reader, monkeypatch) -> None:
    """Error pages and their log lines: what was posted, and what an exception says, stays out of both."""
    client = reader.client
    client.force_login(world.member1)
    client.raise_request_exception = False
    url = reverse("petitions:register", args=["call"])
    form = {"token": "t9", "text": canary("出错内容"), "name": canary("出错姓名"), "phone": PHONE, "subject": canary("出错标题")}
    form |= {"persons-TOTAL_FORMS": 0, "persons-INITIAL_FORMS": 0, "assignment": world.assignment_b.pk}
    form |= {"received_at": timezone.localtime().strftime("%Y-%m-%dT%H:%M")}

    def breaks(*_args, **_facts):
        raise RuntimeError(canary("异常文字"))

    with monkeypatch.context() as patched:
        patched.setattr("petitions.views.register.intake.register", breaks)
        pages = [client.post(url, form)]
    assert pages[0].status_code == 500
    pages.append(client.post("/petitions/T01-2026-9999/accept/", form))
    pages.append(client.post("/no/such/page/", form))
    pages.append(client.post(reverse("rounds:overrides"), form))
    pages.append(client.put(url, canary("方法"), content_type="text/plain"))
    pages.append(client.post("/api/v1/petitions/", canary("不是JSON"), content_type="application/json"))
    pages.append(client.get("/petitions/", {"cursor": "x"}))
    client.handler.enforce_csrf_checks = True
    pages.append(client.post(url, form))
    client.handler.enforce_csrf_checks = False
    client.raise_request_exception = True
    assert [page.status_code for page in pages] == [500, 404, 404, 405, 405, 400, 400, 403]
    for page in pages:
        assert leaks(f"{page.status_code}", page.content) == []
        reader.addresses += [f"{name}: {value}" for name, value in page.headers.items()]


def reports_and_exports(world, reader) -> None:
    """A report as XLSX and the register's export; both may hold canaries inside, sealed, and nowhere else."""
    kind = next(iter(all_kinds().values()))
    today = timezone.localdate()
    scope = kind.scopes(world.chief)[0]
    run = report_runs.order(
        kind, scope, Period(today, today), as_user=world.chief, maker=world.chief, formats=["xlsx"], queue=True
    )
    assert production.produce(run.pk)
    reader.client.force_login(world.chief)
    answer = reader.client.post(reverse("petitions:export"), {"mark": "secret", "sure": "on"})
    workbook = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    cells = " ".join(str(cell) for row in workbook.worksheets[0].iter_rows(values_only=True) for cell in row)
    assert canary("页面标题") in cells or canary("更正内容") in cells
    reader.addresses += [f"{name}: {value}" for name, value in answer.headers.items()]


def everything(tmp_path):
    """(place, bytes) of all that is at rest or went out: database, DATA_DIR with the broker's folder, cache, sessions, mails,
    backup.
    """
    if connection.vendor == "postgresql":
        command = [databases.program("pg_dump", databases.server_major()), "--format=plain"]
        dump = subprocess.run(command, env=databases._environment(), capture_output=True, check=True).stdout
        yield "pg_dump", dump
    else:
        path = connection.settings_dict["NAME"]
        with closing(sqlite3.connect(path)) as live:
            yield "sqlite dump", "\n".join(live.iterdump())
        for ending in ("", "-wal", "-shm"):
            if os.path.exists(f"{path}{ending}"):
                with open(f"{path}{ending}", "rb") as file:
                    yield f"sqlite{ending}", file.read()
    for folder, _folders, names in os.walk(settings.DATA_DIR):
        for name in names:
            with open(os.path.join(folder, name), "rb") as file:
                yield os.path.join(folder, name), os.path.join(folder, name).encode() + file.read()
    if settings.ENV.redis_url:
        redis = cache._cache.get_client()
        for key in redis.scan_iter():
            value = redis.dump(key) or b""
            plain = (
                redis.get(key)
                if redis.type(key) == b"string"
                else b" ".join(redis.lrange(key, 0, -1))
                if redis.type(key) == b"list"
                else b""
            )
            yield f"redis {key!r}", key + value + (plain or b"")
    for session in Session.objects.all():
        yield "session", repr(SessionStore().decode(session.session_data))
    for sent in mail.outbox:
        yield "mail", str(sent.message())
    yield "backup", (tmp_path / "backup.zlb").read_bytes()
