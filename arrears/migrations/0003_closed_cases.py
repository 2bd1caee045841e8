"""Closed cases by the day they were closed, for the queue."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):

    dependencies = [
        ('arrears', '0002_cases'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='arrearscase',
            index=models.Index(
                fields=['agency', 'closed_at', 'id'],
                name='arrears_by_closing',
                condition=Q(state__in=['cancelled', 'ineligible', 'reinstated', 'waived']),
            ),
        ),
    ]
