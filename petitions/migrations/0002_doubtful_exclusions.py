import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

GROUNDS = [
    ("named", "被反映人"),
    ("relative", "被反映人亲属"),
    ("liaison", "被反映人所在单位的联络员"),
    ("own", "本人申报回避"),
]


def person(name, **options):
    kind = {"on_delete": django.db.models.deletion.PROTECT, "related_name": "+", "to": settings.AUTH_USER_MODEL}
    return models.ForeignKey(verbose_name=name, **(kind | options))


class Migration(migrations.Migration):
    dependencies = [("petitions", "0001_initial"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.AddField("exclusion", "certain", models.BooleanField(default=True, verbose_name="已确定")),
        migrations.AddField(
            "exclusion",
            "since",
            models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name="起始时间"),
        ),
        migrations.AlterField("exclusion", "ground", models.CharField(choices=GROUNDS, max_length=10, verbose_name="原因")),
        migrations.AddConstraint(
            "exclusion",
            models.CheckConstraint(
                condition=models.Q(("certain", True), models.Q(("ground", "own"), _negated=True), _connector="OR"),
                name="exclusion_own_is_certain",
            ),
        ),
        migrations.CreateModel(
            name="Lifting",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("ground", models.CharField(choices=GROUNDS, max_length=10, verbose_name="原因")),
                ("certain", models.BooleanField(verbose_name="已确定")),
                ("asked_at", models.DateTimeField(auto_now_add=True)),
                ("lifted_at", models.DateTimeField(null=True, verbose_name="解除时间")),
                ("agreed_by", person("同意人", null=True)),
                ("asked_by", person("提出人")),
                (
                    "petition",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="liftings", to="petitions.petition"
                    ),
                ),
                ("user", person("人员", on_delete=django.db.models.deletion.CASCADE)),
            ],
            options={
                "verbose_name": "解除屏蔽",
                "verbose_name_plural": "解除屏蔽",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("lifted_at", None)),
                        fields=("petition", "user"),
                        name="one_open_lifting_per_exclusion",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("asked_by", models.F("user")), _negated=True), name="lifting_never_for_oneself"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("agreed_by", None),
                            models.Q(
                                models.Q(("agreed_by", models.F("asked_by")), _negated=True),
                                models.Q(("agreed_by", models.F("user")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="lifting_agreed_by_another",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("lifted_at", None), ("certain", False), ("agreed_by__isnull", False), _connector="OR"
                        ),
                        name="lifting_of_certain_takes_two",
                    ),
                ],
            },
        ),
    ]
