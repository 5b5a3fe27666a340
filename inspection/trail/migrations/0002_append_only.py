"""Triggers that refuse to change or remove a trail entry or a seal."""

from django.db import migrations

from inspection.trail import guards


def forwards(apps, schema_editor):
    guards.install(schema_editor.connection)


def backwards(apps, schema_editor):
    guards.remove(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("trail", "0001_initial")]
    operations = [migrations.RunPython(forwards, backwards, elidable=False)]
