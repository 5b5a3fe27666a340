"""The permission table: URL × cast × status code. Each floor's rows are in a module beside this one; one without fails."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace

EVERYONE = (
    "admin",
    "secadmin",
    "auditor",
    "office",
    "chief",
    "custodian",
    "outsider",
    "leader1",
    "deputy1",
    "coordinator1",
    "member1",
    "recused1",
    "accused1",
    "expired_leader",
    "leader2",
    "member2",
    "liaison_a",
    "liaison_c",
)


def some(code: int, *names: str) -> dict[str, int]:
    """The same status for several of the cast."""
    return dict.fromkeys(names, code)


@dataclass(frozen=True)
class Row:
    """What each of the cast gets when asking one route.

    route      URL name, e.g. "petitions:petition"
    args       world -> positional URL arguments; the world is the fixture of tests/cast.py plus what `things` adds
    expected   {cast name: status code}; who is not named gets `otherwise`; accused1, a member of group 1 whom every case in the
               row names, gets what member1 gets, and 404 at any address under a case's own number
    method     "get" or "post"; a post sends `data` (an empty form by default, so 200 or 400 means "allowed, but fill it in")
    things     world -> None: makes what the URL needs (e.g. a petition about unit_a as world.petition)
    """

    route: str
    expected: Mapping[str, int]
    otherwise: int
    args: Callable[[SimpleNamespace], list] = lambda world: []
    method: str = "get"
    data: Callable[[SimpleNamespace], dict] = lambda world: {}
    things: Callable[[SimpleNamespace], None] = lambda world: None
    note: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)
