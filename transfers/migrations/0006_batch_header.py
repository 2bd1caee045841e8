"""The names of a batch's columns, as its file has them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("transfers", "0005_applicants")]

    operations = [
        migrations.AddField(
            model_name="batch",
            name="header",
            field=models.JSONField(blank=True, default=list, verbose_name="columns"),
        ),
    ]
