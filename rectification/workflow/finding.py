"""The verbs of the finding: one matter, one paper (一事一稿); discussed by the group, signed by its leader, only then used."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from inspection.marks import refuse_state_secrets
from inspection.outbox.posting import notify
from inspection.vault import envelopes, index
from inspection.vault.files import Refused, store
from inspection.workflow import begin, take
from petitions.models import Petition
from rectification import access, numbering
from rectification.models import Finding, FindingEvidence, FindingSource, FindingVersion
from rectification.workflow import clue as clues
from rectification.workflow.item import open_immediate
from rectification.workflow.machines import FINDING
from rounds import people
from rounds.models import Appointment

# What the paper says, with the most characters each part may have. All but the suggestion must be given: fact, rule breached
# and who answers (现象描述、定性分析、责任指向).
LIMITS = {"title": 100, "fact": 8000, "basis": 4000, "responsible": 2000, "suggestion": 4000}
REQUIRED = ("title", "fact", "basis", "responsible")


@transaction.atomic
def draft(
    assignment,
    *,
    by,
    title: str,
    fact: str,
    basis: str,
    responsible: str,
    suggestion: str = "",
    responsibility: str,
    discipline: str = "",
    focus=None,
    key: bool = False,
    found_by=None,
    found_on=None,
    sources=(),
    files=(),
) -> Finding:
    """Write a new paper and number it.

    found_by, found_on  who of the group found it and when; the writer and today unless told
    sources             petitions of the same assignment that `by` may see
    files               uploads that become evidence XX-01, XX-02, …
    Raises PermissionDenied, or ValidationError keyed by what is wrong.
    """
    if not access.may_draft(by, assignment):
        raise PermissionDenied(f"finding on assignment {assignment.pk}")
    text = {"title": title, "fact": fact, "basis": basis, "responsible": responsible, "suggestion": suggestion}
    content = checked_text(text)
    found_by, found_on = found_by or by, found_on or timezone.localdate()
    _check_columns(assignment, focus=focus, found_by=found_by, found_on=found_on)
    petitions = _visible_sources(assignment, sources, by=by)
    finding = Finding(
        number=numbering.next_paper(assignment.group, timezone.localdate().year),
        assignment=assignment,
        responsibility=responsibility,
        discipline=discipline,
        focus=focus,
        key=key,
        found_by=found_by,
        found_on=found_on,
        drafted_by=by,
    )
    finding.content = envelopes.seal("finding", finding.owner, content)
    begin(finding, by=by, verb="draft", facts={"sources": len(petitions), "files": len(files)})
    FindingVersion.objects.create(finding=finding, number=1, content=finding.content, by=by)
    FindingSource.objects.bulk_create(FindingSource(finding=finding, petition=petition) for petition in petitions)
    _attach(finding, files, by=by)
    index.put("finding", finding.pk, Finding.searchable(content))
    return finding


def open_from_petition(petition: Petition, by) -> dict:
    """What a paper that rests on `petition` starts with, as initial values of its form. Raises PermissionDenied.

    The subject is not taken over: a paper's title is read by the unit, and a petition's subject may hint at who wrote.
    """
    if not access.may_draft(by, petition.assignment) or not _may_rest_on(petition.assignment, by).filter(pk=petition.pk).exists():
        raise PermissionDenied(f"finding from petition {petition.pk}")
    return {"sources": [petition], "discipline": petition.discipline}


@transaction.atomic
def edit(finding: Finding, *, by, seen=None, sources=None, **facts) -> Finding:
    """Change the text, what it is filed under, or its sources. A changed text is a new version; evidence keeps its numbers.

    facts    any of title, fact, basis, responsible, suggestion, responsibility, discipline, focus, key, found_by, found_on
    sources  the petitions it rests on from now on, as far as `by` sees them; what `by` may not see stays
    Raises ValidationError keyed by what is wrong.
    """
    stands = Finding.objects.select_for_update().get(pk=finding.pk)
    before = stands.opened()
    text = {name: facts.pop(name, before.get(name, "")) for name in LIMITS}
    content = checked_text(text)
    rewritten = sorted(name for name in LIMITS if content[name] != before.get(name, ""))
    _check_columns(
        stands.assignment, **{name: facts.get(name, getattr(stands, name)) for name in ("focus", "found_by", "found_on")}
    )
    changes = {name: value for name, value in facts.items() if getattr(stands, name) != value}
    changed = [*rewritten, *sorted(changes)]
    if rewritten:
        changes["content"] = envelopes.seal("finding", finding.owner, content)
    taken = take(FINDING["edit"], finding, by=by, seen=seen, changes=changes, facts={"changed": changed})
    if rewritten:
        last = taken.versions.aggregate(last=Max("number"))["last"]
        FindingVersion.objects.create(finding=taken, number=last + 1, content=taken.content, by=by)
        index.put("finding", taken.pk, Finding.searchable(content))
    if sources is not None:
        _replace_sources(taken, sources, by=by)
    finding.__dict__.pop("_opened", None)
    return taken


@transaction.atomic
def attach_evidence(finding: Finding, *, by, files, seen=None) -> Finding:
    """Add files, numbered on from the last; none after the signature. Raises ValidationError for a refused file."""
    taken = take(FINDING["attach_evidence"], finding, by=by, seen=seen, file=bool(files), facts={"files": len(files)})
    _attach(taken, files, by=by)
    return taken


@transaction.atomic
def submit(finding: Finding, *, by, seen=None) -> Finding:
    """Put the paper before the group meeting; its leaders are told."""
    taken = take(FINDING["submit"], finding, by=by, seen=seen)
    leaders = people.holders(taken.assignment, Appointment.Post.LEADER, but=by)
    notify(leaders, "finding_to_sign", taken, key=_event(taken))
    return taken


@transaction.atomic
def send_back(finding: Finding, *, by, reason: str, seen=None) -> Finding:
    """Back to its writer with a remark."""
    taken = take(FINDING["send_back"], finding, by=by, seen=seen, reason=reason)
    notify(_writer(taken, but=by), "finding_sent_back", taken, key=_event(taken))
    return taken


@transaction.atomic
def sign(finding: Finding, *, by, date, seen=None) -> Finding:
    """The leader signs what the group meeting of `date` decided."""
    if date and date > timezone.localdate():
        raise ValidationError({"date": _("组务会日期不能晚于今天。")})
    if date and date < finding.found_on:
        raise ValidationError({"date": _("组务会日期不能早于问题的发现时间。")})
    changes = {"meeting_on": date, "signed_by": by, "signed_at": timezone.now()}
    taken = take(FINDING["sign"], finding, by=by, seen=seen, date=date, changes=changes)
    notify(_writer(taken, but=by), "finding_signed", taken, key=_event(taken))
    return taken


def use(finding: Finding, *, by, seen=None) -> Finding:
    """The report rests on it from now on."""
    return take(FINDING["use"], finding, by=by, seen=seen)


@transaction.atomic
def correct_at_once(finding: Finding, *, by, date, seen=None) -> Finding:
    """立行立改: the unit is to put it right by `date`; opens the rectification item that follows it."""
    if date and date < timezone.localdate():
        raise ValidationError({"date": _("完成时限不能早于今天。")})
    facts = {"due_on": date.isoformat()} if date else None
    taken = take(FINDING["correct_at_once"], finding, by=by, seen=seen, date=date, facts=facts)
    open_immediate(taken, by=by, due_on=date)
    return taken


@transaction.atomic
def to_clue(finding: Finding, *, by, seen=None, **clue):
    """The paper becomes a clue to be handed over; returns the clue. `clue`: see `rectification.workflow.clue.propose`."""
    taken = take(FINDING["to_clue"], finding, by=by, seen=seen)
    return clues.propose(taken.assignment, by=by, finding=taken, **clue)


def drop(finding: Finding, *, by, reason: str, seen=None) -> Finding:
    """Not used, and why."""
    return take(FINDING["drop"], finding, by=by, seen=seen, reason=reason)


def restore(finding: Finding, *, by, reason: str, seen=None) -> Finding:
    """A draft again; a signature it bore holds no more."""
    unsigned = {"meeting_on": None, "signed_by": None, "signed_at": None}
    return take(FINDING["restore"], finding, by=by, seen=seen, reason=reason, changes=unsigned)


def checked_text(text: dict) -> dict:
    """The envelope's payload. Raises ValidationError for a part of the three that is missing or for one that is too long."""
    content = {name: (text.get(name) or "").strip() for name in LIMITS}
    wrong = {name: [_("必须填写：底稿须写明问题表现、定性依据和责任指向。")] for name in REQUIRED if not content[name]}
    for name, limit in LIMITS.items():
        if len(content[name]) > limit:
            wrong[name] = [_("最多 %(limit)d 字，现有 %(length)d 字。") % {"limit": limit, "length": len(content[name])}]
    if wrong:
        raise ValidationError(wrong)
    refuse_state_secrets(**content)
    return content


def _check_columns(assignment, *, focus, found_by, found_on) -> None:
    """The focus belongs to the round, the finder to the group, and nothing is found in the future."""
    wrong = {}
    if focus is not None and focus.round_id != assignment.group.round_id:
        wrong["focus"] = [_("不是本轮次的监督重点。")]
    if not assignment.group.appointments.filter(person__user=found_by).exists():
        wrong["found_by"] = [_("发现人须是本组人员。")]
    if found_on > timezone.localdate():
        wrong["found_on"] = [_("发现时间不能晚于今天。")]
    if wrong:
        raise ValidationError(wrong)


def _may_rest_on(assignment, by):
    """Petitions of the assignment that a paper by `by` may rest on. What was handed up sealed leaves nothing to rest on."""
    return Petition.objects.visible_to(by).filter(assignment=assignment).exclude(state=Petition.State.HANDED_UP)


def _visible_sources(assignment, sources, *, by) -> list[Petition]:
    """`sources`, each once. Raises ValidationError when one is out of sight of `by` or of another assignment."""
    wanted = {petition.pk for petition in sources}
    found = list(_may_rest_on(assignment, by).filter(pk__in=wanted).order_by("pk"))
    if len(found) != len(wanted):
        raise ValidationError({"sources": [_("只能选用本任务中您可查看的信访件。")]})
    return found


def _replace_sources(finding: Finding, sources, *, by) -> None:
    wanted = {petition.pk: petition for petition in _visible_sources(finding.assignment, sources, by=by)}
    in_sight = finding.source_links.filter(petition__in=Petition.objects.visible_to(by))
    in_sight.exclude(petition__in=wanted).delete()
    known = set(finding.source_links.values_list("petition", flat=True))
    FindingSource.objects.bulk_create(FindingSource(finding=finding, petition=p) for pk, p in wanted.items() if pk not in known)


def _attach(finding: Finding, files, *, by) -> None:
    """Store files as evidence. The finding's row is locked or new, so the numbers that follow are free."""
    last = finding.evidence.aggregate(last=Max("number"))["last"] or 0
    for number, upload in enumerate(files, start=last + 1):
        try:
            stored = store(upload, upload.name, owner=finding.owner)
        except Refused as refused:
            raise ValidationError({"files": refused}) from None
        FindingEvidence.objects.create(finding=finding, number=number, file=stored, added_by=by)


def _event(finding: Finding) -> str:
    return f"{finding.pk}:{finding.version}"


def _writer(finding: Finding, *, but):
    """Who wrote the paper, while they still work in the group, unless it is who acts."""
    return people.holders(finding.assignment, but=but).filter(pk=finding.drafted_by_id)
