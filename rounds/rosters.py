"""Who may be what, in one table: the office-wide roles and the posts that an appointment to a group gives, a sentence each."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from inspection.accounts.models import RoleGrant
from inspection.accounts.roles import SENTENCES, Role
from rounds.models import Appointment

Post = Appointment.Post
ADMINISTRATION, OFFICE, GROUP, UNIT = _("三员"), pgettext_lazy("roles", "巡视办"), _("巡视巡察组（一次一授权）"), _("被巡视单位")
KINDS = {
    ADMINISTRATION: (Role.SYSADMIN, Role.SECADMIN, Role.AUDITOR),
    OFFICE: (Role.CHIEF, Role.OFFICE, Role.CUSTODIAN),
    GROUP: (Post.LEADER, Post.DEPUTY, Post.COORDINATOR, Post.MEMBER),
    UNIT: (Role.LIAISON,),
}
MEMBERS = (Post.MEMBER, Post.INTERVIEWER, Post.FINANCE, Post.PARTY)  # their rights are the same
POSTS = {
    Post.LEADER: _("在授权的轮次内看到本组信访件、底稿和线索，审签底稿，决定办结，提出线索；授权到期或归档即止。"),
    Post.DEPUTY: _("与组长同样办理和决定本组信访件，提出线索，不审签底稿；授权到期或归档即止。"),
    Post.COORDINATOR: _("登记和研判本组信访件，开转办单，撰写底稿；授权到期或归档即止。"),
    Post.MEMBER: _("登记和核查本组信访件，撰写底稿（谈话外调、财务审计、党建组织岗相同）；授权到期或归档即止。"),
}
CASES = frozenset({Role.OFFICE, Role.CHIEF, *POSTS})


@dataclass(frozen=True)
class Line:
    """One role or post. holders: names of those who hold it now, each once, in order."""

    kind: str
    label: str
    sentence: str
    reads_cases: bool
    holders: tuple[str, ...]


def table() -> list[Line]:
    """Every role and post, by kind, with whoever holds it today."""
    held: dict[str, set[tuple[str, int]]] = {}
    for role, name, pk in RoleGrant.objects.filter(user__is_active=True).values_list("role", "user__name", "user"):
        held.setdefault(role, set()).add((name, pk))
    for post, name, pk in Appointment.objects.in_force().values_list("post", "person__name", "person"):
        held.setdefault(Post.MEMBER if post in MEMBERS else post, set()).add((name, pk))
    words = SENTENCES | POSTS
    return [
        Line(kind, code.label, words[code], code in CASES, tuple(name for name, _pk in sorted(held.get(code, ()))))
        for kind, codes in KINDS.items()
        for code in codes
    ]
