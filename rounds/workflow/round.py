"""Planning and starting a round, its focus scheme, and the terms that rounds belong to."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import ProtectedError
from django.utils import timezone
from django.utils.translation import gettext as _

from inspection.calendar import days
from inspection.calendar.models import RuleKey
from inspection.trail.recording import record
from rounds import access
from rounds.models import Assignment, FocusNode, Group, Round, Term
from rounds.workflow.keeping import change, locked, permit, put
from rounds.workflow.machines import EDIT_ROUND, START_ROUND

DEEPEST = 4  # levels of a focus scheme
MOST_LINES = 200


def add_term(*, by, name: str, starts_on, ends_on) -> Term:
    """Open a term (届). Raises PermissionDenied or ValidationError."""
    permit(access.may_configure(by), "add term")
    with transaction.atomic():
        return put(Term(name=name, starts_on=starts_on, ends_on=ends_on), "add", by=by)


@transaction.atomic
def edit_term(term: Term, *, by, **fields) -> Term:
    """Correct a term's name or years."""
    permit(access.may_configure(by), "edit", term)
    change(term, "edit", fields, by=by)
    return term


@transaction.atomic
def plan_round(*, by, **fields) -> Round:
    """Put a round on the plan. `fields` as on the model; a look-back may name the earlier round it looks back on.

    Raises PermissionDenied, or ValidationError keyed by field.
    """
    permit(access.may_configure(by), "plan round")
    round = Round(**fields)
    _check_look_back(round)
    return put(round, "plan", by=by, facts={"kind": round.kind})


@transaction.atomic
def edit_round(round: Round, *, by, seen=None, **fields) -> Round:
    """Change a round. Its code stays once numbers were given out under it, its profile once the rules are frozen."""
    row = locked(round, EDIT_ROUND, by=by, seen=seen)
    fixed = {}
    if "code" in fields and fields["code"] != row.code and Assignment.objects.filter(group__round=row).exists():
        fixed["code"] = _("已按此字头编号，不能再改。")
    if "profile" in fields and fields["profile"] != row.profile and row.started_at:
        fixed["profile"] = _("轮次已启动，规则已冻结。")
    if fixed:
        raise ValidationError(fixed)
    for name, value in fields.items():
        setattr(round, name, value)
    _check_look_back(round)
    if change(row, "edit", fields, by=by):
        row.version += 1
        row.save(update_fields=["version"])
    return row


def _check_look_back(round: Round) -> None:
    earlier = round.look_back_of
    if earlier is not None and earlier.starts_on >= round.starts_on:
        raise ValidationError({"look_back_of": _("所对应轮次须早于本轮。")})


@transaction.atomic
def start_round(round: Round, *, by, seen=None) -> Round:
    """Freeze the deadline rules of the round's profile, and compute the petition cut-offs that were waiting for them.

    Raises StepRefused when it was started already, ValidationError when no unit is assigned or the profile has no rules.
    """
    row = locked(round, START_ROUND, by=by, seen=seen)
    rules = row.profile.snapshot()
    if not rules:
        raise ValidationError(_("规则方案里还没有期限规则，请先补全。"))
    if not Assignment.objects.filter(group__round=row).exists():
        raise ValidationError(_("还没有给任何组安排被巡视单位。"))
    row.rules, row.started_at, row.version = rules, timezone.now(), row.version + 1
    row.save(update_fields=["rules", "started_at", "version"])
    for assignment in Assignment.objects.filter(group__round=row, cutoff_on=None):
        assignment.cutoff_on = cutoff(row, assignment.onsite_to)
        assignment.save(update_fields=["cutoff_on"])
    record("start", row, by=by, facts={"profile": row.profile.code, "rules": len(rules)})
    return row


def cutoff(round: Round, onsite_to):
    """The last day the group takes petitions in, under the round's rules; None where they have no such rule."""
    rule = round.rules_in_force.get(RuleKey.CUTOFF)
    return days.before(rule, onsite_to) if rule else None


def add_group(round: Round, *, by, number: int, name: str) -> Group:
    """Add a group to a round."""
    permit(access.may_configure(by), "add group", round)
    with transaction.atomic():
        return put(Group(round=round, number=number, name=name), "add", by=by)


@transaction.atomic
def rename_group(group: Group, *, by, name: str) -> Group:
    """Give a group another name; its number stays, because the numbers of its assignments hold it."""
    permit(access.may_configure(by), "rename", group)
    change(group, "rename", {"name": name}, by=by)
    return group


def add_focus(round: Round, *, by, title: str, parent: FocusNode | None = None, order: int | None = None) -> FocusNode:
    """Add a node to the round's focus scheme, last among its siblings unless `order` says where."""
    permit(access.may_configure(by), "add focus", round)
    _check_parent(round, parent)
    if order is None:
        order = round.focus.filter(parent=parent).count() + 1
    with transaction.atomic():
        return put(FocusNode(round=round, parent=parent, title=title, order=order), "add_focus", by=by)


@transaction.atomic
def edit_focus(node: FocusNode, *, by, title: str, order: int) -> FocusNode:
    """Reword or move a node among its siblings."""
    permit(access.may_configure(by), "edit focus", node)
    change(node, "edit_focus", {"title": title, "order": order}, by=by)
    return node


@transaction.atomic
def remove_focus(node: FocusNode, *, by) -> None:
    """Take a node and what hangs below it out of the scheme. Raises ValidationError when something is filed under it."""
    permit(access.may_configure(by), "remove focus", node)
    try:
        with transaction.atomic():
            record("remove_focus", node, by=by)
            node.delete()
    except ProtectedError:
        raise ValidationError(_("已有问题底稿归在“%(title)s”或其下级，不能删除。") % {"title": node.title}) from None


@transaction.atomic
def outline_focus(round: Round, *, by, text: str) -> int:
    """Add a scheme typed as an outline: one node a line, a deeper line is indented further. Returns how many were added.

    Raises ValidationError naming the line. What is there already is left alone.
    """
    permit(access.may_configure(by), "outline focus", round)
    path: list[tuple[int, FocusNode]] = []  # (indent, node) from the top down to the line above
    count = 0
    for number, line in enumerate(text.splitlines(), start=1):
        title = line.strip(" \t\u3000")
        if not title:
            continue
        count += 1
        if count > MOST_LINES:
            raise ValidationError({"text": _("最多 %(most)s 行。") % {"most": MOST_LINES}})
        indent = len(line.expandtabs(4).replace("\u3000", "  ")) - len(line.expandtabs(4).replace("\u3000", "  ").lstrip())
        while path and path[-1][0] >= indent:
            path.pop()
        try:
            node = add_focus(round, by=by, title=title, parent=path[-1][1] if path else None)
        except ValidationError as error:
            words = {"line": number, "why": "；".join(error.messages)}
            raise ValidationError({"text": _("第 %(line)s 行：%(why)s") % words}) from None
        path.append((indent, node))
    if not count:
        raise ValidationError({"text": _("没有内容。")})
    return count


def _check_parent(round: Round, parent: FocusNode | None) -> None:
    depth, above = 1, parent
    while above is not None:
        if above.round_id != round.pk:
            raise ValidationError({"parent": _("上级须属于同一轮次。")})
        depth, above = depth + 1, above.parent
    if depth > DEEPEST:
        raise ValidationError({"parent": _("最多 %(most)s 级。") % {"most": DEEPEST}})
