"""Whether a row holds what is looked for is asked of many rows in hand at once; the function that told it of one is not needed."""

from importlib import import_module

from django.db import migrations

TWO_STEPS = import_module("inspection.vault.migrations.0003_two_step_search")


def forwards(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(TWO_STEPS.POSTGRESQL_BACK[0], params=None)


def backwards(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(TWO_STEPS.POSTGRESQL[1], params=None)


class Migration(migrations.Migration):
    dependencies = [("vault", "0006_only_the_index_answers")]
    operations = [migrations.RunPython(forwards, backwards, elidable=False)]
