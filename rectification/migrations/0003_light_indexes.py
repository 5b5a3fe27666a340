from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("rectification", "0002_clue_kept_from"),
        ("rounds", "0003_drop_plain_override_reasons"),
        ("vault", "0006_only_the_index_answers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name="item",
            index=models.Index(fields=["assignment", "state", "due_on"], name="item_lights"),
        ),
        migrations.AddIndex(
            model_name="item",
            index=models.Index(
                condition=models.Q(("state__in", ("pending", "rectifying", "basic"))),
                fields=["due_on", "id"],
                name="item_late_able",
            ),
        ),
    ]
