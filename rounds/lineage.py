"""One organisation under several names: a renamed or merged unit is closed and names its successor."""

from rounds.models import Unit


class Lineage:
    """Who became whom, read once: units that were renamed or merged are few."""

    def __init__(self):
        self.successor = dict(Unit.objects.exclude(successor=None).values_list("pk", "successor"))
        self.before: dict[int, list[int]] = {}
        for unit, successor in self.successor.items():
            self.before.setdefault(successor, []).append(unit)

    def root(self, unit_id: int) -> int:
        """The unit that carries on today what `unit_id` was. A circle (refused by the verbs) ends at its smallest member."""
        seen = [unit_id]
        while (following := self.successor.get(seen[-1])) is not None:
            if following in seen:
                return min(seen[seen.index(following) :])
            seen.append(following)
        return seen[-1]

    def same(self, one: int | None, other: int | None) -> bool:
        """Whether two unit ids are one organisation."""
        return one is not None and other is not None and self.root(one) == self.root(other)

    def predecessors(self, unit_id: int) -> set[int]:
        """Every unit that was renamed or merged into `unit_id`, at any remove; without itself."""
        found, waiting = set(), [unit_id]
        while waiting:
            for earlier in self.before.get(waiting.pop(), ()):
                if earlier not in found and earlier != unit_id:
                    found.add(earlier)
                    waiting.append(earlier)
        return found

    def family(self, unit_ids) -> set[int]:
        """The ids of every unit that is one organisation with any of `unit_ids`."""
        roots = {self.root(unit_id) for unit_id in unit_ids}
        return roots | {earlier for root in roots for earlier in self.predecessors(root)}
