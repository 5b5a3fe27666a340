"""What the days need besides the browser: the worker's part, done by the test itself."""

import pytest

from inspection.celery import app
from inspection.outbox.delivery import deliver_ready


@pytest.fixture
def worker(monkeypatch):
    """A function that does what a worker does in its next turn: deliver what waits, and the work this starts, at once."""

    def send_task(name, args=(), **_options):
        return app.tasks[name].apply(args=args, throw=True)

    def turn():
        app.loader.import_default_modules()
        assert deliver_ready() > 0, "nothing was waiting for the worker"

    monkeypatch.setattr(app, "send_task", send_task)
    return turn
