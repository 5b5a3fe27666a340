"""Working papers as the verbs leave them, for tests that need one."""

from django.utils import timezone

from rectification.models import Finding
from rectification.workflow import finding as verbs

TEXT = {
    "title": "公务接待超标准",
    "fact": "2025年3月接待费用超标准",
    "basis": "《党政机关国内公务接待管理规定》第十条",
    "responsible": "办公室主任",
}


def drafted_paper(world, assignment, by=None, **changes) -> Finding:
    """A draft by a member of the assignment's group."""
    member = by or world.member1
    facts = TEXT | {"responsibility": "main", "discipline": "integrity", "found_by": member, "found_on": timezone.localdate()}
    return verbs.draft(assignment, by=member, **(facts | changes))


def signed_paper(world, assignment) -> Finding:
    """A paper discussed by the group and signed by its leader."""
    paper = verbs.submit(drafted_paper(world, assignment), by=world.member1)
    return verbs.sign(paper, by=world.leader1, date=timezone.localdate())


def used_paper(world, assignment) -> Finding:
    """A paper that went into the report. An assignment past its on-site days is put back there while it is written."""
    state = assignment.state
    type(assignment).objects.filter(pk=assignment.pk).update(state=type(assignment).State.ON_SITE)
    assignment.refresh_from_db()
    paper = verbs.use(signed_paper(world, assignment), by=world.leader1)
    type(assignment).objects.filter(pk=assignment.pk).update(state=state)
    assignment.refresh_from_db()
    return paper
