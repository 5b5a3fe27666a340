from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("petitions", "0005_reporter_known_by_id_number"),
        ("rounds", "0003_drop_plain_override_reasons"),
        ("vault", "0006_only_the_index_answers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="petition",
            name="petition_newest",
        ),
        migrations.RemoveIndex(
            model_name="petition",
            name="petition_in_assignment",
        ),
        migrations.AddIndex(
            model_name="petition",
            index=models.Index(fields=["-received_at", "-id", "channel_kind"], name="petition_newest"),
        ),
        migrations.AddIndex(
            model_name="petition",
            index=models.Index(fields=["assignment", "-received_at", "-id", "channel_kind"], name="petition_in_assignment"),
        ),
        migrations.AddIndex(
            model_name="petition",
            index=models.Index(fields=["assignment", "state", "-received_at", "-id"], name="petition_assignment_state"),
        ),
        migrations.AddIndex(
            model_name="petition",
            index=models.Index(
                condition=models.Q(("state", "registered")),
                fields=["assignment", "decide_by", "id"],
                name="petition_own_to_decide",
            ),
        ),
        migrations.AddIndex(
            model_name="petition",
            index=models.Index(
                condition=models.Q(("state__in", ("accepted", "checking", "transferred"))),
                fields=["assignment", "conclude_by", "id"],
                name="petition_own_to_conclude",
            ),
        ),
    ]
