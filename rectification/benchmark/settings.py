"""The settings of the program, with the addresses and the header that measuring needs. Only `manage.py benchmark` uses them."""

from inspection.settings import *  # noqa: F403
from inspection.settings import MIDDLEWARE

MIDDLEWARE = ["rectification.benchmark.views.Counted", *MIDDLEWARE]
ROOT_URLCONF = "rectification.benchmark.urls"
ALLOWED_HOSTS = ["127.0.0.1", "testserver"]
