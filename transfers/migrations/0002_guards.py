"""What only the database can hold: tables that are only added to, policies that never overlap."""

from django.db import migrations

from transfers.models import guards

APPEND_ONLY = (
    "transfers_event",
    "transfers_disclosure",
    "transfers_informationform",
    "transfers_contributionrow",
)
WITHOUT_OVERLAP = ("transfers_transferpolicy",)


def put_up(apps, schema_editor):
    for table in APPEND_ONLY:
        guards.append_only(schema_editor.connection, table)
    for table in WITHOUT_OVERLAP:
        guards.no_overlap(schema_editor.connection, table)


def take_down(apps, schema_editor):
    for table in APPEND_ONLY:
        guards.lift(schema_editor.connection, table)
    for table in WITHOUT_OVERLAP:
        guards.allow_overlap(schema_editor.connection, table)


class Migration(migrations.Migration):
    dependencies = [("transfers", "0001_tables")]

    operations = [migrations.RunPython(put_up, take_down)]
