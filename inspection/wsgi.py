"""The WSGI entry point for gunicorn."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "inspection.settings")
application = get_wsgi_application()
# Load every view now: once before gunicorn forks, instead of in each worker while the first visitor waits.
_ = get_resolver().url_patterns
