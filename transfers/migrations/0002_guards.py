"""What only the database can hold: append-only tables, sealed forms, policies that never overlap."""

from django.db import migrations

from transfers.models import guards

APPEND_ONLY = ("transfers_event", "transfers_disclosure")
WITHOUT_OVERLAP = ("transfers_transferpolicy",)
SEALED = (("transfers_informationform", "sealed_at"),)


def put_up(apps, schema_editor):
    for table in APPEND_ONLY:
        guards.append_only(schema_editor.connection, table)
    for table in WITHOUT_OVERLAP:
        guards.no_overlap(schema_editor.connection, table)
    for table, column in SEALED:
        guards.frozen_once(schema_editor.connection, table, column)


def take_down(apps, schema_editor):
    for table in APPEND_ONLY:
        guards.lift(schema_editor.connection, table)
    for table in WITHOUT_OVERLAP:
        guards.allow_overlap(schema_editor.connection, table)
    for table, _column in SEALED:
        guards.thaw(schema_editor.connection, table)


class Migration(migrations.Migration):
    dependencies = [("transfers", "0001_tables")]

    operations = [migrations.RunPython(put_up, take_down)]
