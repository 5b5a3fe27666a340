"""Results: what was measured, beside what is allowed."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

SQLITE = 1.5  # limits on SQLite, for the same work and fewer petitions, are this much wider; those of memory are not


@dataclass(frozen=True)
class Result:
    """One measured figure.

    value, unit  the figure itself: "ms" is the median of one answer
    ratio        to what it is compared with: the floor of the same run unless the name says otherwise; None when to nothing
    limit        what `ratio`, or where there is none `value`, may be: at most, or where `least` at least; None: told only
    queries      statements of one answer; None where there is no answer
    most         how many statements it may take
    """

    name: str
    value: float
    unit: str
    ratio: float | None = None
    limit: float | None = None
    least: bool = False
    queries: int | None = None
    most: int | None = None

    @property
    def ok(self) -> bool:
        """Whether every limit is kept."""
        measured = self.value if self.ratio is None else self.ratio
        kept = self.limit is None or (measured >= self.limit if self.least else measured <= self.limit)
        return kept and (self.most is None or self.queries <= self.most)

    def line(self) -> str:
        """A row of the table."""
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        limit = "" if self.limit is None else f"{'≥' if self.least else '≤'} {self.limit:g}"
        queries = "" if self.queries is None else str(self.queries)
        verdict = "" if self.limit is None and self.most is None else "ok" if self.ok else "OVER"
        return f"{self.name:<44} {self.value:>12,.2f} {self.unit:<8} {ratio:>8} {limit:>9} {queries:>5}  {verdict}".rstrip()


@dataclass
class Results:
    """All results of one run, printed as they come."""

    sqlite: bool
    file: str = ""
    found: list[Result] = field(default_factory=list)

    def head(self) -> None:
        """The head of the table; empties the file."""
        if self.file:
            Path(self.file).write_text("", "utf-8")
        print(f"{'name':<44} {'value':>12} {'unit':<8} {'ratio':>8} {'limit':>9} {'sql':>5}", flush=True)

    def add(self, result: Result) -> Result:
        """Print a row and append its JSON line."""
        self.found.append(result)
        print(result.line(), flush=True)
        if self.file:
            with Path(self.file).open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(asdict(result) | {"ok": result.ok}, ensure_ascii=False) + "\n")
        return result

    def wide(self, limit: float, least: bool = False) -> float:
        """A limit on this database; `least`: of what there must be at least."""
        wider = SQLITE if self.sqlite else 1
        return round(limit / wider, 3) if least else limit * wider

    @property
    def broken(self) -> list[Result]:
        """Those over a limit."""
        return [result for result in self.found if not result.ok]
