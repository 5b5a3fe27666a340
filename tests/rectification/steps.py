"""Feedback and rectification items as the verbs leave them, for tests that need them on their way."""

import datetime as dt

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from rectification.models import Feedback, Item
from rectification.workflow import feedback as feedbacks
from rectification.workflow import item as items
from rounds.models import Assignment
from tests.rectification.papers import used_paper

TEXT = {"overall": "总体评价", "problems": "存在的主要问题", "suggestions": "意见建议", "demands": "两个月内报送整改报告"}
To = Feedback.To


def in_days(days: int) -> dt.date:
    """So many days from today."""
    return timezone.localdate() + dt.timedelta(days=days)


def evidence(name="会议纪要.txt", text="整改会议纪要"):
    """An upload."""
    return SimpleUploadedFile(name, text.encode())


def feeding_back(assignment) -> Assignment:
    """The assignment at the stage in which feedback is drafted."""
    Assignment.objects.filter(pk=assignment.pk).update(state=Assignment.State.FEEDING_BACK)
    assignment.refresh_from_db()
    return assignment


def drafted(world, assignment, to=To.BODY, papers=(), by=None, **parts) -> Feedback:
    """Feedback waiting for approval."""
    feeding_back(assignment)
    return feedbacks.draft(assignment, by=by or world.office, to=to, findings=papers, **(TEXT | parts))


def delivered(world, assignment, papers=()) -> Feedback:
    """Feedback given to the body and to its head today; the one to the body, with the unit now rectifying."""
    found = {}
    for to in To.values:
        feedback = feedbacks.approve(drafted(world, assignment, to, papers), by=world.chief)
        found[to] = feedbacks.deliver(feedback, by=world.office, date=timezone.localdate())
    assignment.refresh_from_db()
    found[To.BODY].refresh_from_db()
    return found[To.BODY]


def opened(world, assignment, problem="三公经费管理不严", due=60, **columns) -> Item:
    """An item given to the unit."""
    return items.open_item(assignment, by=world.office, problem=problem, due_on=in_days(due), **columns)


def from_paper(world, assignment, problem="接待费管理不严") -> Item:
    """An item that came of a paper by way of feedback."""
    paper = used_paper(world, assignment)
    feedback = delivered(world, assignment, [paper])
    return items.open_from_feedback(feedback, by=world.office, entries=[{"finding": paper, "problem": problem, "key": True}])[0]


def decomposed(world, item, by=None, due=20, **words) -> Item:
    """An item with one measure."""
    said = {"goal": "建立制度", "leader": "局长甲", "department": "办公室"} | words
    measure = {
        "text": "修订接待制度",
        "leader": "副局长乙",
        "department": "财务科",
        "due_on": in_days(due),
        "kinds": ["rules", "wider"],
    }
    return items.decompose(item, by=by or world.liaison_a, measures=[measure], **said)


def applied(world, item, by=None) -> Item:
    """An item whose unit applied to close it."""
    return items.apply(item, by=by or world.liaison_a, attachments=[evidence()])


def closed(world, item) -> Item:
    """An item on its ordinary way to the end."""
    done = items.verify(applied(world, decomposed(world, item)), by=world.member1, reason="制度健全，同意销号")
    return items.close(done, by=world.chief)
