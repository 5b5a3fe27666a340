"""Log lines name types and places of exceptions, never their words."""

import logging
import sys

from inspection.logs import Line

SAID = "王某 13800000000"


def failing() -> tuple:
    try:
        try:
            int(SAID)
        except ValueError as error:
            raise RuntimeError(SAID) from error
    except RuntimeError:
        return sys.exc_info()


def line(name="django.request", message="Internal Server Error: %s", args=("/petitions/",), exc_info=None) -> str:
    record = logging.LogRecord(name, logging.ERROR, __file__, 1, message, args, exc_info)
    record.exc_text = SAID if exc_info else None
    return Line("{levelname} {name} {message}", style="{").format(record)


def test_an_exception_is_its_types_and_places():
    said = line(exc_info=failing())
    assert SAID not in said and "builtins.ValueError" in said and "builtins.RuntimeError" in said
    assert "test_logs.py:" in said and "failing" in said and "/petitions/" in said


def test_an_exception_among_the_arguments_is_its_type():
    assert line(message="lost: %s", args=(ValueError(SAID),)) == "ERROR django.request lost: ValueError"


def test_a_failed_task_is_told_without_celerys_words():
    said = line("celery.app.trace", "Task %(name)s raised: %(exc)s", ({"name": "t", "exc": SAID},), failing())
    assert SAID not in said and "a task failed" in said and "builtins.RuntimeError" in said


def test_the_project_logs_this_way(settings):
    assert settings.LOGGING["formatters"]["line"]["()"] == "inspection.logs.Line"
    assert settings.LOGGING["handlers"].keys() == {"console"} and settings.LOGGING["loggers"]["django"]["handlers"] == []
    assert settings.CELERY_WORKER_HIJACK_ROOT_LOGGER is False
