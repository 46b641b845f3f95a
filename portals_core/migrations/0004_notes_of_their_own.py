"""Notes have permissions of their own. Whoever read and wrote them because they saw the record keeps that; on
records that a condition alone shares, notes and files are from now on seen only where that is ticked."""

from django.db import migrations, models


def keep_what_people_have(apps, schema_editor):
    accesses = apps.get_model("portals_core", "ModuleAccess")
    accesses.objects.filter(user_type__isnull=False).update(can_read_notes=True, can_note=True)


class Migration(migrations.Migration):
    dependencies = [
        ("portals_core", "0003_limits"),
    ]

    operations = [
        *(
            migrations.AddField("moduleaccess", name, models.BooleanField(default=False))
            for name in ("can_far_files", "can_read_notes", "can_note", "can_remove_notes", "can_far_notes")
        ),
        migrations.RunPython(keep_what_people_have, migrations.RunPython.noop),
    ]
