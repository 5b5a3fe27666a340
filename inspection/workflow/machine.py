"""A state machine as data that a non-programmer can read."""

from collections.abc import Callable
from dataclasses import dataclass, field

KNOWN_NEEDS = ("reason", "file", "date", "second_person")


@dataclass(frozen=True)
class Step:
    """One edge (or bundle of edges) of a machine.

    verb      code name, also the URL segment and the trail's verb
    label     what the button says (lazy translation)
    sources   states it may start from
    target    state it ends in; None keeps the state (an act that is recorded but moves nothing)
    allowed   predicate `may_x(user, obj)` of the floor's `access` module
    needs     what must be given: reason, file, date, second_person
    tone      how the button looks: "primary", "default" or "danger"
    why       the rule it comes from, or why an odd edge exists
    outward   False for steps that only other verbs take (no button of its own)
    rare      True for steps that a page with many buttons keeps in a menu
    """

    verb: str
    label: str
    sources: frozenset[str]
    target: str | None
    allowed: Callable
    needs: tuple[str, ...] = ()
    tone: str = "default"
    why: str = ""
    outward: bool = True
    rare: bool = False

    def __post_init__(self):
        unknown = set(self.needs) - set(KNOWN_NEEDS)
        if unknown or not self.sources:
            raise ValueError(f"step {self.verb}: unknown needs {sorted(unknown)} or no source state")

    def open_to(self, user, obj) -> bool:
        """Whether `user` may take it on `obj` as it stands now."""
        return self.outward and obj.state in self.sources and self.allowed(user, obj)


@dataclass(frozen=True)
class Machine:
    """All steps of one kind of object.

    name      code name, used in docs and URLs ("petition")
    title     what people call the object (lazy translation)
    states    the TextChoices of the model's `state` field
    initial   states an object may be born in
    path      the states of the ordinary way, in order, for the status path on the page
    steps     the table
    """

    name: str
    title: str
    states: type
    initial: tuple[str, ...]
    path: tuple[str, ...]
    steps: tuple[Step, ...] = field(default_factory=tuple)

    def __post_init__(self):
        known = set(self.states.values)
        verbs = [step.verb for step in self.steps]
        if len(set(verbs)) != len(verbs):
            raise ValueError(f"machine {self.name}: a verb is listed twice")
        for step in self.steps:
            if not (step.sources <= known and step.target in known | {None}):
                raise ValueError(f"machine {self.name}, step {step.verb}: unknown state")

    def __getitem__(self, verb: str) -> Step:
        for step in self.steps:
            if step.verb == verb:
                return step
        raise KeyError(verb)

    @property
    def verbs(self) -> tuple[str, ...]:
        """Every verb, in table order."""
        return tuple(step.verb for step in self.steps)
