"""Pictures of a machine, made from the table so that they cannot lie."""

from django.utils.encoding import force_str

from .machine import Machine


def mermaid(machine: Machine) -> str:
    """The machine as a mermaid state diagram."""
    lines = ["stateDiagram-v2"]
    lines += [f"    {value}: {force_str(label)}" for value, label in machine.states.choices]
    lines += [f"    [*] --> {state}" for state in machine.initial]
    for step in machine.steps:
        for source in sorted(step.sources):
            lines.append(f"    {source} --> {step.target or source}: {step.verb}")
    return "\n".join(lines)


def table(machine: Machine) -> str:
    """The machine as a Markdown table: verb, label, from, to, who, needs, why."""
    rows = ["| verb | label | from | to | who | needs | why |", "|---|---|---|---|---|---|---|"]
    for step in machine.steps:
        who = (step.allowed.__doc__ or step.allowed.__name__).strip().splitlines()[0]
        cells = (
            f"`{step.verb}`",
            force_str(step.label),
            ", ".join(sorted(step.sources)),
            step.target or "(unchanged)",
            who,
            ", ".join(step.needs) or "–",
            force_str(step.why) or "–",
        )
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows)
