"""On PostgreSQL, room on the page for what every action changes, and vacuuming that keeps up with it."""

from django.db import migrations

SETTINGS = {
    # An update that finds room on its own page, and changes nothing indexed, touches no index.
    "transfers_transferapplication": {"fillfactor": 70, "autovacuum_vacuum_scale_factor": 0.02},
    "transfers_step": {"autovacuum_vacuum_scale_factor": 0.02},
}


def make_room(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for table, settings in SETTINGS.items():
            given = ", ".join(f"{name} = {value}" for name, value in settings.items())
            schema_editor.execute(f"ALTER TABLE {table} SET ({given})")


def as_before(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for table, settings in SETTINGS.items():
            schema_editor.execute(f"ALTER TABLE {table} RESET ({', '.join(settings)})")


class Migration(migrations.Migration):
    dependencies = [("transfers", "0002_guards")]

    operations = [migrations.RunPython(make_room, as_before)]
