"""Hashes of three characters, and tags: only opened texts yield them, so what was indexed before waits for manage.py reindex."""

from django.db import migrations

DOMAINS = ("petition", "finding", "clue", "item")


def forwards(apps, schema_editor):
    """Name the domains that hold anything yet; search goes by pairs in these until they are rebuilt."""
    schema_editor.execute("CREATE TABLE vault_index_outdated (domain text PRIMARY KEY)", params=None)
    if schema_editor.connection.vendor == "postgresql":
        found = "SELECT DISTINCT domain FROM vault_index"
    else:
        found = " UNION ".join(f"SELECT '{domain}' FROM vault_index_{domain}" for domain in DOMAINS)
    schema_editor.execute(f"INSERT INTO vault_index_outdated {found}", params=None)


def backwards(apps, schema_editor):
    schema_editor.execute("DROP TABLE vault_index_outdated", params=None)


class Migration(migrations.Migration):
    dependencies = [("vault", "0004_short_pending_list")]
    operations = [migrations.RunPython(forwards, backwards, elidable=False)]
