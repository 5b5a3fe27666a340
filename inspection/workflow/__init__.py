"""The one way to change state: a printed table of steps, one guarded way to take one, one list of what may be taken now.

A floor writes its machine as data (`Machine`, `Step`) at the top of its `workflow` module and one function per verb below it.
`take` is the only code that assigns a state field; `available` reads the same table for buttons, bulk actions and the API.
"""

from .diagram import mermaid, table
from .machine import Machine, Step
from .taking import StepRefused, available, begin, begin_many, take

__all__ = ["Machine", "Step", "StepRefused", "available", "begin", "begin_many", "mermaid", "table", "take"]
