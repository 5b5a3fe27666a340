"""The plain columns go, in a migration of their own: PostgreSQL alters no table whose rows were changed in the same transaction."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("rounds", "0002_seal_override_reasons")]
    operations = [
        migrations.RemoveConstraint("appointment", "override_has_reason_and_person"),
        migrations.RemoveField("appointment", "override_reason"),
        migrations.RemoveField("override", "reason"),
        migrations.AlterField(
            "override",
            "reason_sealed",
            models.ForeignKey(
                editable=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="vault.envelope",
                verbose_name="不回避理由",
            ),
        ),
        migrations.AddConstraint(
            "appointment",
            models.CheckConstraint(
                condition=models.Q(override_sealed=None, overridden_by=None)
                | models.Q(override_sealed__isnull=False, overridden_by__isnull=False),
                name="override_has_reason_and_person",
            ),
        ),
    ]
