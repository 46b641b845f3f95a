from django.db import migrations


def name_subjects(apps, schema_editor):
    """Tell every restriction of a case whose it is. One update for each case that restricted something."""
    lock, case = apps.get_model("portals_core", "Lock"), apps.get_model("dsr_requests", "Case")
    rows = lock._base_manager.filter(ground="restriction", source="case", subject=None)
    for placed_by in rows.values_list("placed_by", flat=True).distinct().order_by():
        found = case._base_manager.filter(pk=placed_by.removeprefix("case:")).first()
        if found is not None and found.subject is not None:
            rows.filter(placed_by=placed_by).update(subject=found.subject)


class Migration(migrations.Migration):
    dependencies = [
        ("dsr_requests", "0003_an_index_for_each_question"),
        ("portals_core", "0005_whose_restriction"),
    ]

    operations = [migrations.RunPython(name_subjects, migrations.RunPython.noop)]
