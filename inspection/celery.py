"""The Celery application. Tasks are doors in each floor's `tasks` module: ids in, one item per transaction, idempotent."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "inspection.settings")
app = Celery("zhuoluo")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
