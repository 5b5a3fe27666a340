"""The GIN index keeps new rows in a list that every search reads through: a megabyte of it made 1 ms into 700."""

from django.db import migrations

POSTGRESQL = "ALTER INDEX vault_index_tokens SET (gin_pending_list_limit = 256)"
POSTGRESQL_BACK = "ALTER INDEX vault_index_tokens RESET (gin_pending_list_limit)"


def forwards(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRESQL, params=None)


def backwards(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRESQL_BACK, params=None)


class Migration(migrations.Migration):
    dependencies = [("vault", "0003_two_step_search")]
    operations = [migrations.RunPython(forwards, backwards, elidable=False)]
