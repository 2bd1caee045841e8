"""An employer's account is kept by the office that made it."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('transfers', '0008_disclosed_files'),
    ]

    operations = [
        # A column that may be empty is added in place: no table is rebuilt, no trigger lost.
        migrations.AddField(
            model_name='employer',
            name='agency',
            field=models.ForeignKey(blank=True, db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='transfers.agency', verbose_name='account kept by'),
        ),
    ]
