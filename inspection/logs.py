"""Log lines hold numbers and ids, never case text: an exception is logged by its type and its place in the code.

What an exception says may quote what somebody typed ("invalid literal for int(): '…'"), and a database quotes whole rows.
"""

import logging
import traceback


class Line(logging.Formatter):
    """One line, and below it for an exception the chain of its types with the places they passed through."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as text. Exceptions among the arguments are shown by their type as well."""
        quiet = logging.makeLogRecord(record.__dict__)
        quiet.exc_text = None  # another formatter may have left its words there
        if record.name == "celery.app.trace" and record.exc_info:
            quiet.msg, quiet.args = "a task failed", None  # Celery's own words hold repr(exception) and the whole traceback
        elif isinstance(quiet.args, tuple):
            quiet.args = tuple(type(value).__name__ if isinstance(value, BaseException) else value for value in quiet.args)
        return super().format(quiet)

    def formatException(self, ei) -> str:
        """Types and places, outermost cause first."""
        parts, seen, error = [], set(), ei[1]
        while error is not None and id(error) not in seen:
            seen.add(id(error))
            places = [f"  {frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
            parts.append("\n".join([f"{type(error).__module__}.{type(error).__qualname__}", *places]))
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "\n".join(reversed(parts))
