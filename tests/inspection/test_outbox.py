"""The outbox: nothing for a rolled-back change, once for a committed one, claimed by one worker, retried when it fails."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.utils import timezone

from inspection.outbox.delivery import deliver_ready
from inspection.outbox.models import Message, Notice
from inspection.outbox.posting import notify, post

delivered = []


def note(message):
    delivered.append(message.key)


def fail(message):
    raise ValueError("张三举报的内容")


@pytest.fixture(autouse=True)
def handlers(settings):
    delivered.clear()
    here = "tests.inspection.test_outbox"
    settings.OUTBOX_HANDLERS = {**settings.OUTBOX_HANDLERS, "note": f"{here}.note", "fail": f"{here}.fail"}


@pytest.mark.django_db
def test_a_message_is_delivered_once():
    post("note", "one", {})
    assert deliver_ready() == 1
    assert deliver_ready() == 0
    assert delivered == ["one"]
    assert Message.objects.get().state == Message.State.SENT


@pytest.mark.django_db
def test_the_same_key_twice_is_one_message():
    assert post("note", "one", {}) is not None
    assert post("note", "one", {}) is None
    assert deliver_ready() == 1


@pytest.mark.django_db
def test_a_rolled_back_change_sends_nothing():
    with pytest.raises(RuntimeError), transaction.atomic():
        post("note", "one", {})
        raise RuntimeError
    assert deliver_ready() == 0


@pytest.mark.django_db
def test_a_later_message_waits_for_its_time():
    post("note", "later", {}, due_at=timezone.now() + dt.timedelta(hours=1))
    assert deliver_ready() == 0


@pytest.mark.django_db
def test_a_failing_message_is_tried_again_later_and_stops_after_its_last_attempt(caplog):
    post("fail", "bad", {})
    post("note", "good", {})
    assert deliver_ready() == 1
    message = Message.objects.get(key="bad")
    assert (message.state, message.attempts, message.last_error) == (Message.State.WAITING, 1, "ValueError")
    assert message.due_at > timezone.now()
    for _attempt in range(Message.MAX_ATTEMPTS - 1):
        Message.objects.filter(key="bad").update(due_at=timezone.now())
        deliver_ready()
    message.refresh_from_db()
    assert (message.state, message.attempts) == (Message.State.FAILED, Message.MAX_ATTEMPTS)
    assert "张三" not in caplog.text + message.last_error


@pytest.mark.django_db
def test_what_a_killed_worker_had_claimed_is_taken_up_again():
    post("note", "left", {})
    Message.objects.update(state=Message.State.CLAIMED, claimed_at=timezone.now())
    assert deliver_ready() == 0
    Message.objects.update(claimed_at=timezone.now() - Message.CLAIM_FOR)
    assert deliver_ready() == 1


@pytest.mark.django_db(transaction=True)
def test_competing_workers_claim_a_message_once():
    for number in range(20):
        post("note", f"m{number}", {})

    def work(_worker):
        try:
            return deliver_ready()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(work, range(4)))
    assert sum(counts) == 20
    assert sorted(delivered) == sorted(f"m{number}" for number in range(20))


@pytest.mark.django_db
def test_a_notice_lands_in_each_persons_in_box_without_case_text(world):
    notify([world.office, world.chief], "test", world.assignment_a, key="event-1")
    notify([world.office], "test", world.assignment_a, key="event-1")
    deliver_ready()
    assert Notice.objects.count() == 2
    notice = Notice.objects.get(user=world.office)
    assert (notice.number, notice.url) == ("T01-1-01", world.assignment_a.get_absolute_url())
    assert notice.sentence
