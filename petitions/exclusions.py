"""Who must not know: a petition that names somebody of the inspection, or a declared relative, is out of their sight at once."""

from collections.abc import Iterable

from inspection.accounts.models import User
from inspection.accounts.roles import Role
from inspection.outbox.posting import notify
from inspection.vault import index
from petitions.models import Exclusion, Petition
from rounds import people
from rounds.models import Recusal, Relative

READERS = (Role.OFFICE, Role.CHIEF, Role.CUSTODIAN)


def plain_name(name: str) -> str:
    """A name as it is compared: simplified, without spaces and dots (阿依古丽·买买提 is 阿依古丽买买提)."""
    return "".join(char for char in index.normalise(name) if char.isalnum())


class Directory:
    """Everybody who might come to read petitions, by name: the office, the custodians, and the whole talent pool, because who
    is not in the group today may be appointed tomorrow. Read once for any number of petitions.
    """

    def __init__(self):
        self.grounds: dict[str, dict[int, str]] = {}
        users = User.objects.filter(is_active=True)
        for pk, name in users.filter(grants__role__in=READERS).values_list("pk", "name"):
            self._add(name, pk, Exclusion.Ground.NAMED)
        for pk, name, own in users.filter(person__isnull=False).values_list("pk", "name", "person__name"):
            self._add(name, pk, Exclusion.Ground.NAMED)
            self._add(own, pk, Exclusion.Ground.NAMED)
        relatives = Relative.objects.filter(person__user__is_active=True)
        for pk, name in relatives.values_list("person__user", "name"):
            self._add(name, pk, Exclusion.Ground.RELATIVE)

    def _add(self, name: str, pk: int, ground: str) -> None:
        key = plain_name(name)
        if len(key) > 1:
            self.grounds.setdefault(key, {}).setdefault(pk, str(ground))

    def named_by(self, persons: Iterable[dict]) -> dict[int, str]:
        """{user id: ground} for the persons reported."""
        found: dict[int, str] = {}
        for person in persons:
            for pk, ground in self.grounds.get(plain_name(person.get("name", "")), {}).items():
                if found.get(pk) != Exclusion.Ground.NAMED:
                    found[pk] = ground
        return found


def apply(petition: Petition, persons: list[dict], directory: Directory | None = None) -> None:
    """Keep out of `petition` exactly those that `persons` names; tell the office of anybody new, and never the excluded."""
    if not persons and not petition.exclusions.exists():
        return
    wanted = (directory or Directory()).named_by(persons)
    kept = dict(petition.exclusions.values_list("user", "ground"))
    petition.exclusions.exclude(user__in=wanted).delete()
    fresh = {pk: ground for pk, ground in wanted.items() if pk not in kept}
    Exclusion.objects.bulk_create(Exclusion(petition=petition, user_id=pk, ground=ground) for pk, ground in fresh.items())
    petition.__dict__.pop("_excluded", None)
    if fresh:
        told = readers(petition, people.office_staff())
        notify(told, "petition.excluded", petition, key=f"{petition.pk}:{petition.version}")


def readers(petition: Petition, users) -> list[User]:
    """Those of `users` who may know of the petition: neither excluded by it nor recused from its unit."""
    recused = Recusal.objects.filter(unit=petition.assignment.unit_id).values("person__user")
    return list(users.exclude(pk__in=petition.exclusions.values("user")).exclude(pk__in=recused.exclude(person__user=None)))
