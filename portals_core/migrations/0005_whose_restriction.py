from django.db import migrations, models


class Migration(migrations.Migration):
    """Whose processing a restriction restricts; those that stand get it from the cases that placed them."""

    dependencies = [
        ("portals_core", "0004_notes_of_their_own"),
    ]

    operations = [
        migrations.AddField(
            model_name="lock",
            name="subject",
            field=models.UUIDField(blank=True, null=True),
        ),
    ]
