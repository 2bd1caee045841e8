"""What every action on a case costs: fewer indexes, and on PostgreSQL room for changes in place."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from transfers.models import guards

SETTINGS = {
    # An update that finds room on its own page, and changes nothing indexed, touches no index.
    "transfers_transferapplication": {"fillfactor": 70, "autovacuum_vacuum_scale_factor": 0.02},
    "transfers_step": {"autovacuum_vacuum_scale_factor": 0.02},
}


def make_room(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    for table, settings in SETTINGS.items():
        given = ", ".join(f"{name} = {value}" for name, value in settings.items())
        schema_editor.execute(f"ALTER TABLE {table} SET ({given})")


def as_before(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    for table, settings in SETTINGS.items():
        schema_editor.execute(f"ALTER TABLE {table} RESET ({', '.join(settings)})")


def guard_replacing(apps, schema_editor):
    """Put the guards up again: SQLite dropped them when it rebuilt the table of events above.

    Databases made before the guard against INSERT OR REPLACE get it as well.
    """
    for table in ("transfers_event", "transfers_disclosure"):
        guards.append_only(schema_editor.connection, table)


class Migration(migrations.Migration):

    dependencies = [
        ('transfers', '0002_guards'),
    ]

    operations = [
        migrations.AlterField(
            model_name='transferapplication',
            name='destination',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='transfers.region', verbose_name='destination'),
        ),
        migrations.AlterField(
            model_name='transferapplication',
            name='destination_agency',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='transfers.agency', verbose_name='destination agency'),
        ),
        migrations.AlterField(
            model_name='transferapplication',
            name='origin',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='transfers.region', verbose_name='origin'),
        ),
        migrations.AlterField(
            model_name='transferapplication',
            name='origin_agency',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='transfers.agency', verbose_name='origin agency'),
        ),
        migrations.AlterField(
            model_name='transferapplication',
            name='submitted_by',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='clerk who submitted'),
        ),
        migrations.AlterField(
            model_name='alert',
            name='rung',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='transfers.alertrung', verbose_name='rung'),
        ),
        migrations.AlterField(
            model_name='alert',
            name='step',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='alerts', to='transfers.step', verbose_name='step'),
        ),
        migrations.AlterField(
            model_name='event',
            name='application',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='events', to='transfers.transferapplication', verbose_name='application'),
        ),
        migrations.AlterField(
            model_name='step',
            name='calendar',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='transfers.calendar', verbose_name='calendar'),
        ),
        migrations.RunPython(make_room, as_before),
        migrations.RunPython(guard_replacing, migrations.RunPython.noop),
    ]
