from django.db import migrations, models
from django.db.models import OuterRef, Q, Subquery


def fill(apps, schema_editor):
    """Give every case the type its requester has now: what it was at filing nobody stored."""
    case, user = apps.get_model("dsr_requests", "Case"), apps.get_model("portals_core", "User")
    held = user._base_manager.filter(pk=OuterRef("requester")).values("user_type")[:1]
    rows = case._base_manager.filter(requester__user_type__isnull=False)
    rows.update(user_type=Subquery(held))


def index(name, *columns, **condition):
    """An index of cases in the order of the queue."""
    return migrations.AddIndex(
        model_name="case", index=models.Index(fields=[*columns, "due_on", "id"], name=name, **condition)
    )


class Migration(migrations.Migration):
    dependencies = [
        ("dsr_requests", "0006_large_plans"),
        ("portals_core", "0006_keyed_forms"),
    ]

    operations = [
        migrations.AddField("case", "user_type", models.BigIntegerField(blank=True, null=True)),
        migrations.RunPython(fill, migrations.RunPython.noop),
        index("case_open_user_type", "user_type", condition=Q(closed_at=None)),
        index("case_closed_user_type", "user_type", condition=Q(closed_at__isnull=False)),
        index("case_state_user_type", "state", "user_type"),
        migrations.AlterField(
            "case",
            "duplicate_of",
            models.ForeignKey(
                "dsr_requests.case",
                models.PROTECT,
                null=True,
                blank=True,
                related_name="duplicates",
                db_index=False,
            ),
        ),
        migrations.AddIndex(
            "case",
            models.Index(
                fields=["duplicate_of", "number"],
                name="case_duplicate",
                condition=Q(duplicate_of__isnull=False),
            ),
        ),
    ]
