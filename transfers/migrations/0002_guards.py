"""What only the database can hold: tables that are only added to, what was prepared stays as it was,
policies that never overlap, and the ledger."""

from django.db import migrations

from transfers.models import books, guards

APPEND_ONLY = (
    "transfers_event",
    "transfers_disclosure",
    "transfers_informationform",
    "transfers_contributionrow",
    "transfers_instruction",
    "transfers_instructionresolution",
    "transfers_entry",
    "transfers_paper",
    "transfers_merge",
)
FIXED = {
    "transfers_preparation": (
        "application_id", "verb", "side", "payload", "payload_hash", "prepared_by_id", "prepared_at",
        "instruction_id",
    ),
}
WITHOUT_OVERLAP = ("transfers_transferpolicy",)


def put_up(apps, schema_editor):
    for table in APPEND_ONLY:
        guards.append_only(schema_editor.connection, table)
    for table, columns in FIXED.items():
        guards.fixed(schema_editor.connection, table, *columns)
    for table in WITHOUT_OVERLAP:
        guards.no_overlap(schema_editor.connection, table)
    # The columns of then; 0004 puts the rules up again with those it adds.
    books.install(schema_editor.connection, owners=("application_id", "line_id"))


def take_down(apps, schema_editor):
    books.remove(schema_editor.connection)
    for table in FIXED:
        guards.loose(schema_editor.connection, table)
    for table in APPEND_ONLY:
        guards.lift(schema_editor.connection, table)
    for table in WITHOUT_OVERLAP:
        guards.allow_overlap(schema_editor.connection, table)


class Migration(migrations.Migration):
    dependencies = [("transfers", "0001_tables")]

    operations = [migrations.RunPython(put_up, take_down)]
