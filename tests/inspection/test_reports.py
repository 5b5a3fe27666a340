"""Reports: when they are due, who gets them produced, who may open them, and what happens when something goes wrong."""

import datetime as dt
import io
import itertools
import logging
from concurrent.futures import ThreadPoolExecutor
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from inspection.accounts.models import RoleGrant
from inspection.accounts.roles import Role
from inspection.documents import paper
from inspection.documents.content import Column, Figures, Report, Section, Table
from inspection.outbox.delivery import deliver_ready
from inspection.outbox.models import Message
from inspection.reports import production, schedule, tasks, ticking, workflow
from inspection.reports.access import may_open
from inspection.reports.kinds import Frequency, Period, Scope, all_kinds, period_words, report_kind
from inspection.reports.models import Definition, Run
from inspection.trail import sealing
from inspection.trail.models import Entry
from inspection.trail.recording import record
from inspection.vault import files
from rounds.models import Appointment, Group

SHANGHAI = ZoneInfo("Asia/Shanghai")
CASE_TEXT = "反映某某收受贿赂"
WEEK = Period(dt.date(2026, 11, 16), dt.date(2026, 11, 22))


# --- a small kind of report, as an upper floor would write one ------------------------------------------------------------


def groups_of(user) -> list[Scope]:
    """Every group for office and head; their own, as long as the appointment lasts, for leaders."""
    groups = Group.objects.order_by("number")
    if not user.has_role(Role.OFFICE, Role.CHIEF):
        today = timezone.localdate()
        groups = groups.filter(
            pk__in=Appointment.objects.filter(person__user=user, post=Appointment.Post.LEADER, starts_on__lte=today)
            .exclude(ends_on__lt=today)
            .values("group")
        )
    return [Scope(f"group:{group.pk}", group.name) for group in groups]


@report_kind("brief", "测试周报", description="测试用", scopes=groups_of)
def brief(scope, period, user) -> Report:
    group = Group.objects.get(pk=scope.removeprefix("group:"))
    return Report(
        title=f"{group.name}周报",
        issuer="巡察办",
        sections=(Section("受理", (f"{period}，{CASE_TEXT}。阅读人：{user.name}。", Figures((("收到", 3),)))),),
        annexes=(Table("登记簿", (Column("编号"), Column("内容", 30)), [("X-1", CASE_TEXT)]),),
    )


@report_kind("broken", "坏报表", description="总是失败", scopes=groups_of, frequency=Frequency.MONTHLY, formats=("xlsx",))
def broken(scope, period, user) -> Report:
    raise RuntimeError(CASE_TEXT)


@pytest.fixture(autouse=True)
def kinds(settings):
    settings.REPORT_KINDS = [f"{__name__}.brief", f"{__name__}.broken"]


@pytest.fixture
def quick(monkeypatch):
    """Printing replaced: what is tested is everything around it."""
    monkeypatch.setattr(paper, "print_report", lambda report, marks, **_: paper.Pdf(PDF, 1, (), 0))


PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def define(world, **changes) -> Definition:
    facts = {
        "kind": "brief",
        "title": "每周一周报",
        "owner": world.chief,
        "created_by": world.office,
        "active_since": timezone.now() - dt.timedelta(days=1),
    }
    recipients = changes.pop("recipients", [])
    definition = Definition.objects.create(**facts | changes)
    definition.recipients.set(recipients)
    return definition


def order(world, *, group=None, user=None, kind=brief, **facts) -> Run:
    group, user = group or world.group1, user or world.leader1
    scope = Scope(f"group:{group.pk}", group.name)
    return workflow.order(kind, scope, WEEK, **{"as_user": user, "maker": user} | facts)


def produced(world, **facts) -> Run:
    run = order(world, **facts)
    assert production.produce(run.pk)
    run.refresh_from_db()
    return run


def content_of(response) -> bytes:
    return b"".join(response.streaming_content)


# --- schedule -------------------------------------------------------------------------------------------------------------


def definition(frequency=Frequency.WEEKLY, **facts) -> Definition:
    since = dt.datetime(2026, 1, 1, tzinfo=SHANGHAI)
    return Definition(
        **{"frequency": frequency, "weekday": 0, "day_of_month": 1, "at": dt.time(8), "active_since": since} | facts
    )


def at(*parts) -> dt.datetime:
    return dt.datetime(*parts, tzinfo=SHANGHAI)


class TestSchedule:
    def test_weekly_is_due_at_its_moment_and_covers_the_seven_days_before(self):
        plan = definition(active_since=at(2026, 11, 20))
        assert schedule.due_periods(plan, at(2026, 11, 23, 7, 59)) == []
        assert schedule.due_periods(plan, at(2026, 11, 23, 8, 0)) == [WEEK]

    def test_monthly_covers_the_month_before(self):
        plan = definition(Frequency.MONTHLY, day_of_month=31, active_since=at(2026, 2, 1))
        assert schedule.due_periods(plan, at(2026, 2, 28, 8, 0)) == [Period(dt.date(2026, 1, 1), dt.date(2026, 1, 31))]
        assert schedule.due_periods(plan, at(2026, 3, 30, 23, 0))[-1].last == dt.date(2026, 1, 31)
        assert schedule.due_periods(plan, at(2026, 3, 31, 8, 0))[-1].last == dt.date(2026, 2, 28)

    def test_the_moment_is_local_time(self):
        plan = definition(active_since=at(2026, 11, 20))
        assert schedule.due_periods(plan, dt.datetime(2026, 11, 23, 0, 0, tzinfo=dt.UTC)) == [WEEK]
        assert schedule.due_periods(plan, dt.datetime(2026, 11, 22, 23, 59, tzinfo=dt.UTC)) == []

    def test_what_was_missed_is_bounded(self):
        starts = [period.first for period in schedule.due_periods(definition(), at(2026, 11, 27))]
        assert starts == [dt.date(2026, 11, 2), dt.date(2026, 11, 9), dt.date(2026, 11, 16)]

    def test_nothing_from_before_it_was_switched_on(self):
        assert schedule.due_periods(definition(active_since=at(2026, 11, 23, 8, 0)), at(2026, 11, 27)) == []

    @pytest.mark.parametrize("facts", [{"active": False}, {"frequency": Frequency.NONE}])
    def test_never_due(self, facts):
        plan = definition(**facts)
        assert schedule.due_periods(plan, at(2026, 11, 27)) == []
        assert schedule.next_moment(plan, at(2026, 11, 27)) is None

    def test_next_moment(self):
        assert schedule.next_moment(definition(), at(2026, 11, 23, 8, 0)) == at(2026, 11, 30, 8, 0)
        assert schedule.next_moment(definition(Frequency.MONTHLY, day_of_month=31), at(2026, 1, 31, 9)) == at(2026, 2, 28, 8, 0)

    @given(
        st.sampled_from([Frequency.WEEKLY, Frequency.MONTHLY]),
        st.integers(0, 6),
        st.integers(1, 31),
        st.times(),
        st.datetimes(dt.datetime(2024, 1, 1), dt.datetime(2030, 1, 1)),
        st.lists(st.integers(1, 20 * 24 * 60), max_size=40),
    )
    def test_any_ticking_orders_every_period_once_without_gap_or_overlap(self, frequency, weekday, day, time, since, waits):
        """However irregularly the clock ticks (never more than 20 days apart), the periods join up and none comes twice."""
        since = since.replace(tzinfo=SHANGHAI)
        plan = definition(frequency, weekday=weekday, day_of_month=day, at=time.replace(tzinfo=None, fold=0), active_since=since)
        ordered, now, expected = [], since, schedule.next_moment(plan, since)
        for wait in waits:
            now += dt.timedelta(minutes=wait)
            ordered += [period for period in schedule.due_periods(plan, now) if period not in ordered]
        assert all(later.first == earlier.last + dt.timedelta(days=1) for earlier, later in itertools.pairwise(ordered))
        assert bool(ordered) == (expected <= now)
        assert all(period.last < now.date() for period in ordered)
        if frequency == Frequency.MONTHLY:
            assert all(period.first.day == 1 and (period.last + dt.timedelta(days=1)).day == 1 for period in ordered)
        else:
            assert all(period.days == 7 for period in ordered)

    @given(st.dates(dt.date(2024, 1, 1), dt.date(2030, 1, 1)))
    def test_the_period_around_a_day_holds_it(self, day):
        for frequency in (Frequency.WEEKLY, Frequency.MONTHLY):
            period = schedule.around(frequency, day)
            assert period.first <= day <= period.last
            assert schedule.last_complete(frequency, period.last + dt.timedelta(days=1)) == period

    @pytest.mark.parametrize(
        ("first", "last", "chinese", "english"),
        [
            ((2026, 11, 1), (2026, 11, 30), "2026年11月", "2026-11"),
            ((2026, 11, 16), (2026, 11, 22), "2026年11月16日至22日", "2026-11-16 – 2026-11-22"),
            ((2026, 11, 30), (2026, 12, 6), "2026年11月30日至12月6日", "2026-11-30 – 2026-12-06"),
            ((2026, 12, 28), (2027, 1, 3), "2026年12月28日至2027年1月3日", "2026-12-28 – 2027-01-03"),
        ],
    )
    def test_periods_in_words(self, first, last, chinese, english):
        days = dt.date(*first), dt.date(*last)
        assert period_words(*days) == chinese
        with translation.override("en"):
            assert period_words(*days) == english

    def test_a_period_runs_forwards(self):
        with pytest.raises(ValueError, match="ends before"):
            Period(dt.date(2026, 1, 2), dt.date(2026, 1, 1))


class TestKinds:
    def test_named_in_the_settings(self):
        assert list(all_kinds()) == ["brief", "broken"]

    @pytest.mark.parametrize("wrong", [{"formats": ("doc",)}, {"formats": ()}, {"frequency": "yearly"}])
    def test_checked(self, wrong):
        with pytest.raises(ValueError, match="report kind"):
            report_kind("x", "x", description="", scopes=groups_of, **wrong)(lambda *_: None)


# --- ticking --------------------------------------------------------------------------------------------------------------


class TestTick:
    NOW = at(2026, 11, 23, 8, 1)

    def plan(self, world, **facts) -> Definition:
        return define(world, **{"active_since": at(2026, 11, 20)} | facts)

    def test_orders_a_run_for_every_scope_of_the_owner(self, world):
        plan = self.plan(world)
        assert ticking.tick(self.NOW) == 2
        assert {(run.scope, run.period, run.maker, run.as_user) for run in plan.runs.all()} == {
            (f"group:{group.pk}", WEEK, None, world.chief) for group in (world.group1, world.group2)
        }
        assert Message.objects.filter(kind="report").count() == 2

    def test_orders_the_chosen_scopes_only(self, world):
        plan = self.plan(world, scopes=[f"group:{world.group2.pk}"])
        ticking.tick(self.NOW)
        assert [run.scope_label for run in plan.runs.all()] == ["第二巡察组"]

    def test_a_second_tick_orders_nothing(self, world):
        self.plan(world)
        ticking.tick(self.NOW)
        assert ticking.tick(self.NOW + dt.timedelta(minutes=1)) == 0
        assert Run.objects.count() == 2

    def test_missed_periods_are_caught_up_once(self, world):
        plan = self.plan(world, scopes=[f"group:{world.group1.pk}"], active_since=at(2026, 6, 1))
        assert [ticking.tick(self.NOW), ticking.tick(self.NOW)] == [3, 0]
        assert sorted(run.period_start for run in plan.runs.all()) == [dt.date(2026, 11, day) for day in (2, 9, 16)]

    def test_the_database_refuses_a_second_run_of_the_same_period(self, world):
        plan = self.plan(world)
        order(world, definition=plan, maker=None, user=world.chief)
        with pytest.raises(IntegrityError), transaction.atomic():
            order(world, definition=plan, maker=None, user=world.chief)

    def test_an_owner_without_right_shows_as_a_failed_run(self, world):
        plan = self.plan(world, owner=world.office)
        RoleGrant.objects.filter(user=world.office).delete()
        assert ticking.tick(self.NOW) == 0
        assert ticking.tick(self.NOW) == 0
        run = plan.runs.get()
        assert (run.state, run.error_code) == (Run.State.FAILED, Run.Error.RIGHT)
        assert Message.objects.filter(kind="notice", payload__user=world.office.pk, payload__code="report_failed").exists()

    def test_a_kind_that_is_gone_shows_as_a_failed_run(self, world, settings):
        plan = self.plan(world)
        settings.REPORT_KINDS = []
        ticking.tick(self.NOW)
        assert plan.runs.get().error_code == Run.Error.KIND

    def test_one_bad_definition_does_not_keep_the_others_waiting(self, world, monkeypatch, caplog):
        bad, good = self.plan(world), self.plan(world)
        real = ticking._scopes

        def scopes(plan):
            if plan == bad:
                raise RuntimeError(CASE_TEXT)
            return real(plan)

        monkeypatch.setattr(ticking, "_scopes", scopes)
        assert ticking.tick(self.NOW) == 2
        assert good.runs.count() == 2
        assert f"report definition {bad.pk} could not be ordered: RuntimeError" in caplog.text
        assert CASE_TEXT not in caplog.text

    @pytest.mark.django_db(transaction=True)
    def test_two_beats_at_once_order_once(self, world):
        self.plan(world)

        def beat(_):
            try:
                return ticking.tick(self.NOW)
            finally:
                connection.close()

        with ThreadPoolExecutor(4) as pool:
            assert sum(pool.map(beat, range(4))) == 2
        assert Run.objects.count() == 2


# --- production -----------------------------------------------------------------------------------------------------------


class TestProduction:
    def test_the_files_say_what_the_report_says(self, world):
        run = produced(world)
        pdf, book = (io.BytesIO(b"".join(files.chunks(file))) for file in (run.pdf, run.xlsx))
        text = "".join("".join(page.extract_text().split()) for page in PdfReader(pdf).pages)
        assert all(
            words in text
            for words in ("第一巡察组周报", CASE_TEXT, "阅读人：组长一", f"份号{run.number}", "制作：组长一", "内部")
        )
        assert openpyxl.load_workbook(book)["登记簿"]["C3"].value == CASE_TEXT
        assert run.template_version == paper.template_version()
        assert run.pdf.name == f"测试周报_第一巡察组_2026年11月16日至22日_{run.number}.pdf"

    def test_the_seal_printed_is_the_newest(self, world, quick):
        record("read", world.round, by=world.chief)
        sealing.seal_pending()
        assert produced(world).seal == sealing.newest().digest

    def test_frozen_with_hash_and_recorded(self, world, quick):
        run = produced(world)
        entries = {entry.verb: entry for entry in Entry.objects.about(run)}
        assert list(entries) == ["order", "produce"]
        assert entries["produce"].facts["pdf"] == run.pdf.sha256
        assert entries["order"].facts["scope"] == run.scope
        assert run.finished_at and run.state == Run.State.DONE

    def test_stored_encrypted(self, world, quick):
        run = produced(world)
        assert PDF[:8] not in run.pdf.path.read_bytes()

    def test_produced_once(self, world, quick):
        run = produced(world)
        assert production.produce(run.pk) is False
        assert Entry.objects.about(run).filter(verb="produce").count() == 1

    def test_an_unknown_run_is_no_error(self, db):
        assert production.produce(4711) is False

    @pytest.mark.django_db(transaction=True)
    def test_one_of_several_workers_has_it(self, world, quick):
        run = order(world)

        def work(_):
            try:
                return production.produce(run.pk)
            finally:
                connection.close()

        with ThreadPoolExecutor(4) as pool:
            assert sorted(pool.map(work, range(4))) == [False, False, False, True]

    def test_computed_under_the_rights_of_this_moment(self, world, quick):
        run = order(world)
        Appointment.objects.filter(person__user=world.leader1).update(ends_on=timezone.localdate() - dt.timedelta(days=1))
        assert production.produce(run.pk) is False
        run.refresh_from_db()
        assert (run.state, run.error_code) == (Run.State.FAILED, Run.Error.RIGHT)
        assert run.pdf is None

    def test_a_dismissed_user_produces_nothing(self, world, quick):
        run = order(world, user=world.chief)
        type(world.chief).objects.filter(pk=world.chief.pk).update(is_active=False)
        production.produce(run.pk)
        run.refresh_from_db()
        assert run.error_code == Run.Error.RIGHT

    def test_an_error_is_tried_again_then_told_and_says_nothing_of_the_case(self, world, caplog):
        run = order(world, user=world.chief, kind=broken)
        for attempt in (1, 2, 3):
            assert production.produce(run.pk) is False
            run.refresh_from_db()
            assert run.attempts == attempt
            assert (run.state == Run.State.FAILED) == (attempt == 3)
        assert run.error_code == Run.Error.INTERNAL
        assert run.error_id in caplog.text
        assert "RuntimeError" in caplog.text
        assert CASE_TEXT not in caplog.text + str(list(Entry.objects.values("facts"))) + str(
            list(Message.objects.values("payload"))
        )
        assert Message.objects.filter(kind="notice", payload__code="report_failed").count() == 1

    def test_a_failed_print_leads_to_the_log(self, world, monkeypatch, caplog):
        def fail(*_args, **_kwargs):
            raise paper.PaperFailed("timeout")

        monkeypatch.setattr(paper, "print_report", fail)
        run = order(world)
        with caplog.at_level(logging.ERROR):
            production.produce(run.pk)
        run.refresh_from_db()
        assert (run.state, run.error_code) == (Run.State.WAITING, Run.Error.PAPER)
        assert run.queued_at > timezone.now()
        assert run.error_id in caplog.text

    def test_a_failed_freeze_leaves_no_file_row(self, world, quick, monkeypatch):
        def explode(*_args, **_kwargs):
            raise OSError

        run = order(world)
        monkeypatch.setattr(workflow, "finish", explode)
        production.produce(run.pk)
        assert not type(run)._meta.get_field("pdf").related_model.objects.exists()

    def test_recipients_are_told_as_far_as_they_may_open_it(self, world, quick):
        plan = define(world, recipients=[world.leader1, world.leader2, world.member1])
        run = produced(world, definition=plan, maker=None, user=world.chief)
        told = Message.objects.filter(kind="notice", payload__code="report_ready").values_list("payload__user", flat=True)
        assert list(told) == [world.leader1.pk]
        assert Message.objects.filter(payload__number=run.number).exists()


class TestNeglect:
    LATER = dt.timedelta(hours=1)

    def test_a_silent_worker_is_replaced_and_finds_itself_refused(self, world, quick):
        run = order(world)
        lost = workflow.claim(run.pk)
        assert workflow.claim(run.pk) is None
        Run.objects.filter(pk=run.pk).update(started_at=timezone.now() - self.LATER)
        assert production.produce(run.pk) is True
        assert workflow.finish(lost, files={}, template_version="", seal="") is False
        run.refresh_from_db()
        assert run.state == Run.State.DONE

    def test_a_lost_message_is_posted_again(self, world):
        run = order(world)
        Run.objects.filter(pk=run.pk).update(queued_at=timezone.now() - self.LATER)
        before = Message.objects.count()
        ticking.tick()
        ticking.tick()
        assert Message.objects.count() == before + 1

    def test_given_up_after_the_last_attempt(self, world):
        run = order(world)
        for _ in range(Run.MAX_ATTEMPTS):
            assert workflow.claim(run.pk)
            Run.objects.filter(pk=run.pk).update(started_at=timezone.now() - self.LATER)
        ticking.tick()
        run.refresh_from_db()
        assert (run.state, run.error_code) == (Run.State.FAILED, Run.Error.LOST)

    def test_a_failed_run_is_repeated_once(self, world, quick):
        run = order(world)
        claimed = workflow.claim(run.pk)
        workflow.fail(claimed, code=Run.Error.INTERNAL, error_id="abc", again=False)
        run.refresh_from_db()
        assert workflow.repeat(run, by=world.leader1) is True
        assert workflow.repeat(run, by=world.leader1) is False
        assert production.produce(run.pk) is True
        assert [entry.verb for entry in Entry.objects.about(run)] == ["order", "fail", "repeat", "produce"]


class TestDoors:
    def test_the_outbox_hands_the_run_to_the_workers_after_its_own_transaction(
        self, world, monkeypatch, django_capture_on_commit_callbacks
    ):
        sent = []
        monkeypatch.setattr("celery.app.base.Celery.send_task", lambda app, name, args=None, **_: sent.append((name, args)))
        run = order(world)
        with django_capture_on_commit_callbacks(execute=True):
            deliver_ready()
            assert sent == []
        assert sent == [("reports.produce", [run.pk])]

    def test_the_tasks_are_registered_under_the_names_the_settings_use(self, settings):
        assert tasks.tick.name == settings.CELERY_BEAT_SCHEDULE["reports"]["task"]
        assert tasks.produce.name == "reports.produce"
        assert tasks.produce.time_limit < Run.GIVEN_UP_AFTER.total_seconds()

    def test_the_tasks_do_it(self, world, quick):
        define(world, active_since=timezone.now() - dt.timedelta(days=8), at=dt.time(0))
        assert tasks.tick() >= 2
        assert tasks.produce(Run.objects.first().pk) is True


# --- rights ---------------------------------------------------------------------------------------------------------------


class TestRights:
    @pytest.fixture
    def run(self, world, quick) -> Run:
        plan = define(world, recipients=[world.leader1, world.leader2, world.admin, world.outsider])
        return produced(world, definition=plan, maker=None, user=world.chief)

    @pytest.mark.parametrize(
        ("who", "row", "file"),
        [
            ("chief", 200, 200),  # under whose rights it was produced
            ("leader1", 200, 200),  # receives it and leads the group
            ("leader2", 404, 404),  # receives it, leads another group
            ("office", 200, 403),  # configures and has the right to the scope, but was not sent it
            ("admin", 200, 403),  # receives it and configures, but reads no case
            ("outsider", 403, 403),  # receives it without any right
            ("member1", 403, 403),
            ("expired_leader", 403, 403),
            ("auditor", 403, 403),
            ("liaison_a", 403, 403),
        ],
    )
    def test_row_and_file(self, world, run, client, who, row, file):
        client.force_login(getattr(world, who))
        assert client.get(run.get_absolute_url()).status_code == row
        assert client.get(reverse("reports:row", args=[run.pk])).status_code == row
        for name in ("pdf", "xlsx"):
            assert client.get(reverse(f"reports:{name}", args=[run.pk])).status_code == file

    def test_strangers_sign_in_first(self, run, client):
        assert client.get(reverse("reports:pdf", args=[run.pk])).status_code == 302

    def test_the_right_ends_with_the_appointment(self, world, run, client):
        client.force_login(world.leader1)
        assert client.get(reverse("reports:pdf", args=[run.pk])).status_code == 200
        Appointment.objects.filter(person__user=world.leader1).update(ends_on=timezone.localdate() - dt.timedelta(days=1))
        assert client.get(reverse("reports:pdf", args=[run.pk])).status_code in (403, 404)
        assert not may_open(world.leader1, run)

    def test_the_right_ends_when_taken_off_the_list(self, world, run):
        assert may_open(world.leader1, run)
        run.definition.recipients.remove(world.leader1)
        assert not may_open(world.leader1, run)

    def test_lists_show_no_other_group(self, world, quick, client):
        own, other = produced(world), produced(world, group=world.group2, user=world.leader2)
        client.force_login(world.leader1)
        page = client.get(reverse("reports:list")).content.decode()
        assert own.number in page
        assert other.number not in page
        assert set(Run.objects.visible_to(world.admin)) == {own, other}
        assert not Run.objects.openable_by(world.admin).exists()

    def test_a_download_is_recorded_and_kept_by_nobody(self, world, run, client):
        client.force_login(world.leader1)
        response = client.get(reverse("reports:pdf", args=[run.pk]))
        assert content_of(response) == PDF
        assert response["Cache-Control"] == "no-store"
        assert response["Content-Type"] == "application/pdf"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Content-Length"] == str(len(PDF))
        assert response["Content-Disposition"].startswith(
            f"attachment; filename=\"{run.number}.pdf\"; filename*=UTF-8''%E6%B5%8B"
        )
        entry = Entry.objects.about(run).get(verb="export")
        assert (entry.actor, entry.facts) == (world.leader1, {"format": "pdf", "sha256": run.pdf.sha256})

    def test_a_refused_download_is_not_recorded(self, world, run, client):
        client.force_login(world.admin)
        client.get(reverse("reports:pdf", args=[run.pk]))
        assert not Entry.objects.about(run).filter(verb="export").exists()

    def test_a_missing_file_is_said_not_shown(self, world, run, client):
        run.pdf.path.unlink()
        client.force_login(world.leader1)
        response = client.get(reverse("reports:pdf", args=[run.pk]))
        assert response.status_code == 302
        assert not Entry.objects.about(run).filter(verb="export").exists()


# --- pages ----------------------------------------------------------------------------------------------------------------


class TestOrdering:
    def data(self, world, **changes) -> dict:
        facts = {
            "what": f"brief|group:{world.group1.pk}",
            "first": "2026-01-05",
            "last": "2026-01-11",
            "formats": ["pdf", "xlsx"],
        }
        return facts | changes

    def test_order_one(self, world, client):
        client.force_login(world.leader1)
        response = client.post(reverse("reports:new"), self.data(world))
        run = Run.objects.get()
        assert response.url == run.get_absolute_url()
        assert (run.maker, run.as_user, run.state, run.period.days) == (world.leader1, world.leader1, Run.State.WAITING, 7)
        page = client.get(response.url).content.decode()
        assert "hx-trigger" in page  # the page looks again by itself

    def test_offers_only_what_one_has_a_right_to(self, world, client):
        client.force_login(world.leader1)
        page = client.get(reverse("reports:new"), {"span": "last-month"}).content.decode()
        assert "第一巡察组" in page
        assert "第二巡察组" not in page
        response = client.post(reverse("reports:new"), self.data(world, what=f"brief|group:{world.group2.pk}"))
        assert response.status_code == 200
        assert response.context["form"].errors["what"]
        assert not Run.objects.exists()

    @pytest.mark.parametrize(
        ("field", "changes"),
        [
            ("last", {"first": "2026-02-01"}),
            ("last", {"last": "2999-01-01"}),
            ("last", {"first": "2020-01-01", "last": "2021-06-01"}),
            ("first", {"first": "上周一"}),
            ("formats", {"formats": []}),
            ("formats", {"what": "broken", "formats": ["pdf"]}),
        ],
    )
    def test_nonsense_stands_beside_its_field(self, world, client, field, changes):
        client.force_login(world.leader1)
        if changes.get("what"):
            changes = changes | {"what": f"broken|group:{world.group1.pk}"}
        response = client.post(reverse("reports:new"), self.data(world, **changes))
        assert response.context["form"].errors[field]
        assert not Run.objects.exists()

    @pytest.mark.parametrize("who", ["admin", "outsider", "member1", "custodian"])
    def test_who_has_no_scope_orders_nothing(self, world, client, who):
        client.force_login(getattr(world, who))
        assert client.get(reverse("reports:new")).status_code == 403
        assert client.post(reverse("reports:new"), self.data(world)).status_code == 403

    def test_repeat(self, world, client):
        run = order(world)
        workflow.fail(workflow.claim(run.pk), code=Run.Error.INTERNAL, error_id="abc", again=False)
        client.force_login(world.leader1)
        assert "重新生成" in client.get(run.get_absolute_url()).content.decode()
        url = reverse("reports:repeat", args=[run.pk])
        assert client.get(url).status_code == 405
        for _ in range(2):
            assert client.post(url).status_code == 302
        run.refresh_from_db()
        assert run.state == Run.State.WAITING
        assert Entry.objects.about(run).filter(verb="repeat").count() == 1
        client.force_login(world.leader2)
        assert client.post(url).status_code == 404

    def test_states_are_shown(self, world, quick, client):
        runs = [order(world), order(world), produced(world)]
        workflow.fail(workflow.claim(runs[1].pk), code=Run.Error.PAPER, error_id="deadbeef", again=False)
        client.force_login(world.chief)
        client.force_login(world.leader1)
        page = client.get(reverse("reports:list")).content.decode()
        assert all(str(label) in page for label in ("等待生成", "生成失败", "已生成"))
        assert page.count('hx-trigger="load delay:3s"') == 1
        assert "deadbeef" in client.get(runs[1].get_absolute_url()).content.decode()
        filtered = client.get(reverse("reports:list"), {"state": "failed"}).content.decode()
        assert runs[1].number in filtered
        assert runs[2].number not in filtered

    def test_english(self, world, quick, client):
        run = produced(world)
        client.force_login(world.leader1)
        type(world.leader1).objects.update(language="en")
        page = client.get(run.get_absolute_url()).content.decode()
        assert "Download PDF" in page


class TestDefinitions:
    def data(self, world, **changes) -> dict:
        facts = {
            "title": "每周一周报", "scopes": [f"group:{world.group1.pk}"], "owner": world.chief.pk, "language": "zh-hans",
            "formats": ["pdf"], "frequency": "weekly", "at": "08:00", "weekday": 0, "day_of_month": 1, "active": "on",
            "recipients": [world.leader1.pk], "seen": 1,
        }  # fmt: skip
        return facts | changes

    def new(self) -> str:
        return reverse("reports:definition-new") + "?kind=brief"

    @pytest.mark.parametrize("who", ["admin", "office"])
    def test_made_and_changed_in_the_browser(self, world, client, who):
        client.force_login(getattr(world, who))
        assert client.get(self.new()).status_code == 200
        assert client.post(self.new(), self.data(world)).status_code == 302
        plan = Definition.objects.get()
        assert (plan.kind, plan.owner, list(plan.recipients.all())) == ("brief", world.chief, [world.leader1])
        assert "每周星期一 08:00" in client.get(reverse("reports:definitions")).content.decode()
        assert client.post(plan.get_absolute_url(), self.data(world, weekday=4, title="改名")).status_code == 302
        plan.refresh_from_db()
        assert (plan.weekday, plan.title, plan.version) == (4, "改名", 2)
        assert [entry.verb for entry in Entry.objects.about(plan)] == ["create", "change"]
        assert Entry.objects.about(plan).last().facts["changed"] == ["title", "weekday"]

    @pytest.mark.parametrize("who", ["chief", "leader1", "outsider", "auditor", "secadmin"])
    def test_others_may_not(self, world, client, who):
        plan = define(world)
        client.force_login(getattr(world, who))
        for url in (reverse("reports:definitions"), self.new(), plan.get_absolute_url()):
            assert client.get(url).status_code == 403
            assert client.post(url, self.data(world)).status_code in (403, 405)

    def test_a_changed_schedule_counts_from_now_on_and_a_changed_name_does_not_matter(self, world, client):
        plan = define(world, scopes=[f"group:{world.group1.pk}"], formats=["pdf"], recipients=[world.leader1])
        since = plan.active_since
        client.force_login(world.office)
        client.post(plan.get_absolute_url(), self.data(world, title="改名"))
        plan.refresh_from_db()
        assert (plan.title, plan.active_since) == ("改名", since)
        client.post(plan.get_absolute_url(), self.data(world, title="改名", weekday=3, seen=2))
        plan.refresh_from_db()
        assert plan.active_since > since

    def test_a_stale_page_is_refused(self, world, client):
        plan = define(world, version=2)
        client.force_login(world.office)
        response = client.post(plan.get_absolute_url(), self.data(world, title="旧页面"))
        assert response.status_code == 409
        plan.refresh_from_db()
        assert plan.title == "每周一周报"
        assert not Entry.objects.about(plan).exists()

    @pytest.mark.parametrize(
        ("field", "changes"),
        [
            ("owner", {"owner": "leader1"}),
            ("scopes", {"scopes": ["group:999"]}),
            ("formats", {"formats": ["doc"]}),
            ("at", {"at": "八点"}),
            ("day_of_month", {"day_of_month": 32}),
            ("weekday", {"weekday": 7}),
        ],
    )
    def test_nonsense_stands_beside_its_field(self, world, client, field, changes):
        client.force_login(world.office)
        if "owner" in changes:
            changes = {"owner": world.leader1.pk}
        response = client.post(self.new(), self.data(world, **changes))
        assert response.status_code == 200
        assert response.context["form"].errors[field]
        assert not Definition.objects.exists()

    def test_only_people_who_could_open_it_are_offered_as_recipients(self, world, client):
        client.force_login(world.office)
        page = client.get(self.new()).content.decode()
        assert "组长二" in page
        assert "局外人" not in page
        response = client.post(self.new(), self.data(world, recipients=[world.outsider.pk]))
        assert response.context["form"].errors["recipients"]

    def test_recipients_who_can_open_nothing_of_it_are_named(self, world, client):
        client.force_login(world.office)
        response = client.post(self.new(), self.data(world, recipients=[world.leader1.pk, world.leader2.pk]), follow=True)
        assert "目前无权打开其中任何一份：组长二" in response.content.decode()

    def test_an_unknown_kind_is_not_found(self, world, client):
        client.force_login(world.office)
        assert client.get(reverse("reports:definition-new"), {"kind": "nope"}).status_code == 404


# --- command --------------------------------------------------------------------------------------------------------------


class TestCommand:
    def test_writes_the_file_and_keeps_the_run(self, world, quick, tmp_path, capsys):
        out = tmp_path / "weekly.pdf"
        call_command("run_report", "brief", "--out", str(out), "--group", str(world.group1.pk), "--period", "2026-11-18")
        run = Run.objects.get()
        assert out.read_bytes() == PDF
        assert out.stat().st_mode & 0o777 == 0o600
        assert (run.period, run.maker, run.scope) == (WEEK, world.chief, f"group:{world.group1.pk}")
        assert run.number in capsys.readouterr().out
        assert [entry.verb for entry in Entry.objects.about(run)] == ["order", "produce", "export"]
        assert not Message.objects.filter(kind="report").exists()  # no worker does it a second time

    def test_as_somebody_with_one_scope(self, world, quick, tmp_path):
        call_command("run_report", "brief", "--out", str(tmp_path / "a.xlsx"), "--as", "leader2")
        assert Run.objects.get().scope == f"group:{world.group2.pk}"
        assert openpyxl.load_workbook(tmp_path / "a.xlsx").sheetnames == ["概况", "登记簿"]

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["nope", "--out", "x.pdf"], "brief, broken"),
            (["brief", "--out", "x.doc"], "must end in .pdf or .xlsx"),
            (["broken", "--out", "x.pdf"], "must end in .xlsx"),
            (["brief", "--out", "/nonexistent/x.pdf"], "no folder"),
            (["brief", "--out", "x.pdf", "--as", "nobody"], "No active user"),
            (["brief", "--out", "x.pdf"], "Say which"),
            (["brief", "--out", "x.pdf", "--as", "leader1", "--group", "999"], "Say which"),
            (["brief", "--out", "x.pdf", "--as", "outsider"], "none"),
        ],
    )
    def test_refusals(self, world, arguments, message):
        with pytest.raises(CommandError, match=message):
            call_command("run_report", *arguments)
        assert not Run.objects.exists()

    def test_a_failure_is_named_by_code_and_id(self, world, tmp_path):
        out = tmp_path / "x.xlsx"
        with pytest.raises(CommandError, match=r"internal [0-9a-f]{12}") as failed:
            call_command("run_report", "broken", "--out", str(out), "--group", str(world.group1.pk))
        assert CASE_TEXT not in str(failed.value)
        assert not out.exists()
