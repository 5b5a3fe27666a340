"""The settings of the project with what a test run needs different; everything else is what an office runs."""

import os

from inspection.settings import *
from inspection.settings import DATA_DIR, DATABASES, STORAGES

# A database that script/test made with all migrations: a copy of it takes a tenth of the time. Without it a test run migrates.
MIGRATED = os.environ.get("MIGRATED_DATABASE")

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # Argon2 is slow on purpose: 0.1 s for each person
# Plain names: a manifest exists only after collectstatic.
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, not memory: threads of the live server and of concurrency tests need connections of their own.
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
    # Nobody needs the data of a test run after a power cut.
    DATABASES["default"]["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"
elif MIGRATED:
    DATABASES["default"]["TEST"] = {"TEMPLATE": MIGRATED}
