"""Why a conflict of interest was overruled names relatives and employers: it leaves its plain column for an envelope."""

import django.db.models.deletion
from django.db import migrations, models

from inspection.vault import envelopes


def seal(apps, _schema_editor):
    Envelope = apps.get_model("vault", "Envelope")
    for name, plain, sealed in (("Appointment", "override_reason", "override_sealed"), ("Override", "reason", "reason_sealed")):
        for row in apps.get_model("rounds", name).objects.exclude(**{plain: ""}):
            made = envelopes.made(
                "rounds.override", f"rounds.group:{row.group_id}:{row.person_id}", {"text": getattr(row, plain)}
            )
            kept = {field: getattr(made, field) for field in ("id", "kind", "owner", "key_version", "wrapped_key", "sealed")}
            setattr(row, sealed, Envelope.objects.create(**kept))
            row.save(update_fields=[sealed])


def field():
    return models.ForeignKey(
        editable=False,
        null=True,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to="vault.envelope",
        verbose_name="不回避理由",
    )


class Migration(migrations.Migration):
    dependencies = [("rounds", "0001_initial"), ("vault", "0002_search_index")]
    operations = [
        migrations.AddField("appointment", "override_sealed", field()),
        migrations.AddField("override", "reason_sealed", field()),
        migrations.RunPython(seal, elidable=True),
    ]
