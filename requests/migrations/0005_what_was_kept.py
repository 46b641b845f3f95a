from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("dsr_requests", "0004_whose_restriction"),
    ]

    operations = [
        migrations.AddField(
            model_name="plan",
            name="kept",
            field=models.JSONField(null=True),
        ),
    ]
