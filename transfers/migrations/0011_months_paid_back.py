"""Months that were missed and paid back name what was owed for them."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('transfers', '0010_statistics_progress'),
    ]

    operations = [
        # A column that may be empty is added in place: no table is rebuilt, no trigger lost.
        migrations.AddField(
            model_name='contribution',
            name='paid_back_under',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='transfers.receivable', verbose_name='paid back under'),
        ),
    ]
