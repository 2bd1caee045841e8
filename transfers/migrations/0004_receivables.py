"""What an office collects itself: receivables with their own accounts, their papers, letters."""

import django.db.models.deletion
from django.db import migrations, models

from transfers.models import books, guards

# Rebuilt on SQLite, which loses the rules that hang on a table; so all are put up again.
REBUILT = ("transfers_instruction", "transfers_paper")


def take_down(apps, schema_editor):
    books.remove(schema_editor.connection)
    for table in REBUILT:
        guards.lift(schema_editor.connection, table)


def put_up(apps, schema_editor):
    for table in REBUILT:
        guards.append_only(schema_editor.connection, table)
    books.install(schema_editor.connection)


def put_up_as_before(apps, schema_editor):
    for table in REBUILT:
        guards.append_only(schema_editor.connection, table)
    books.install(schema_editor.connection, owners=("application_id", "line_id"))


class Migration(migrations.Migration):

    dependencies = [
        ('transfers', '0003_room_for_changes'),
    ]

    operations = [
        migrations.RunPython(take_down, put_up_as_before),
        migrations.CreateModel(
            name='Receivable',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.CharField(max_length=24, unique=True, verbose_name='reference number')),
            ],
            options={
                'verbose_name': 'receivable',
                'verbose_name_plural': 'receivables',
            },
        ),
        migrations.RemoveConstraint(
            model_name='account',
            name='one_account_an_agency_and_kind',
        ),
        migrations.RemoveConstraint(
            model_name='account',
            name='account_has_its_owner',
        ),
        migrations.RemoveConstraint(
            model_name='account',
            name='account_not_below_zero',
        ),
        migrations.RemoveConstraint(
            model_name='break',
            name='break_has_its_subject',
        ),
        migrations.RemoveConstraint(
            model_name='instruction',
            name='instruction_of_case_or_line',
        ),
        migrations.RemoveConstraint(
            model_name='outboxmessage',
            name='message_has_addressee',
        ),
        migrations.AddField(
            model_name='outboxmessage',
            name='address',
            field=models.EmailField(blank=True, db_default='', max_length=254, verbose_name='address'),
        ),
        migrations.AddField(
            model_name='outboxmessage',
            name='subject',
            field=models.CharField(blank=True, db_default='', max_length=120, verbose_name='subject'),
        ),
        migrations.AddField(
            model_name='outboxmessage',
            name='text',
            field=models.TextField(blank=True, db_default='', verbose_name='text'),
        ),
        migrations.AddField(
            model_name='paper',
            name='about',
            field=models.CharField(blank=True, max_length=24, verbose_name='about'),
        ),
        migrations.AlterField(
            model_name='account',
            name='kind',
            field=models.CharField(choices=[('pool', 'Pool of the origin'), ('transit', 'In transit'), ('suspense', 'In suspense'), ('person', 'Credited to the personal account'), ('returned', 'Returned to the origin'), ('paid_out', 'Paid out to the person'), ('outside', 'Received, owner unknown'), ('payer', 'Paid in by payers'), ('principal', 'Contributions paid in'), ('late_fee', 'Late fees paid in')], max_length=10, verbose_name='kind'),
        ),
        migrations.AlterField(
            model_name='instruction',
            name='kind',
            field=models.CharField(choices=[('remit', 'Remittance'), ('top_up', 'Sent beyond the first remittance'), ('payout', 'Payout to the person'), ('receive', 'Receipt'), ('credit', 'Crediting'), ('bounce', 'Bounce'), ('return', 'Return to the origin'), ('pay_out', 'Payout confirmed by the bank'), ('suspend', 'Unknown receipt taken in'), ('send_back', 'Unknown receipt sent back'), ('principal', 'Contributions paid in'), ('late_fee', 'Late fee paid in'), ('reverse', 'Reversal')], max_length=10, verbose_name='kind'),
        ),
        migrations.AlterField(
            model_name='outboxmessage',
            name='kind',
            field=models.CharField(choices=[('alert', 'Alert'), ('digest', 'Digest'), ('applicant', 'Message to the applicant'), ('break', 'Break in the books'), ('letter', 'Letter')], max_length=10, verbose_name='kind'),
        ),
        migrations.AlterField(
            model_name='paper',
            name='application',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='papers', to='transfers.transferapplication', verbose_name='application'),
        ),
        migrations.AlterField(
            model_name='paper',
            name='kind',
            field=models.CharField(choices=[('receipt', 'Receipt'), ('certificate', 'Enrolment certificate'), ('information_form', 'Information form'), ('supplement_notice', 'Notice of missing materials'), ('rejection_notice', 'Notice of rejection'), ('completion_notice', 'Notice of completion'), ('arrears_quote', 'Arrears quote'), ('payment_receipt', 'Receipt for a payment')], max_length=20, verbose_name='kind'),
        ),
        migrations.AddConstraint(
            model_name='outboxmessage',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('alert__isnull', False), ('kind', 'alert'), ('recipient__isnull', False)), models.Q(('kind', 'digest'), ('recipient__isnull', False)), models.Q(('application__isnull', False), ('kind', 'applicant')), models.Q(('book_break__isnull', False), ('kind', 'break'), ('recipient__isnull', False)), models.Q(('kind', 'letter'), models.Q(('address', ''), _negated=True), models.Q(('subject', ''), _negated=True), models.Q(('text', ''), _negated=True)), _connector='OR'), name='message_has_addressee'),
        ),
        migrations.AddConstraint(
            model_name='paper',
            constraint=models.UniqueConstraint(condition=models.Q(('application__isnull', True)), fields=('about', 'kind', 'version'), name='one_paper_a_version_about_a_matter'),
        ),
        migrations.AddConstraint(
            model_name='paper',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('about', ''), ('application__isnull', False)), models.Q(('application__isnull', True), models.Q(('about', ''), _negated=True)), _connector='OR'), name='paper_belongs_to_something'),
        ),
        migrations.AddField(
            model_name='receivable',
            name='agency',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='transfers.agency', verbose_name='agency'),
        ),
        migrations.AddField(
            model_name='account',
            name='receivable',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='accounts', to='transfers.receivable', verbose_name='receivable'),
        ),
        migrations.AddField(
            model_name='break',
            name='receivable',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='breaks', to='transfers.receivable', verbose_name='receivable'),
        ),
        migrations.AddField(
            model_name='instruction',
            name='receivable',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='instructions', to='transfers.receivable', verbose_name='receivable'),
        ),
        migrations.AddConstraint(
            model_name='account',
            constraint=models.UniqueConstraint(condition=models.Q(('receivable__isnull', False)), fields=('receivable', 'kind'), name='one_account_a_receivable_and_kind'),
        ),
        migrations.AddConstraint(
            model_name='account',
            constraint=models.UniqueConstraint(condition=models.Q(('application__isnull', True), ('line__isnull', True), ('receivable__isnull', True)), fields=('agency', 'kind'), name='one_account_an_agency_and_kind'),
        ),
        migrations.AddConstraint(
            model_name='account',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('application__isnull', True), ('kind__in', ['outside', 'payer', 'pool']), ('line__isnull', True), ('receivable__isnull', True)), models.Q(('application__isnull', True), ('kind', 'suspense'), ('line__isnull', False), ('receivable__isnull', True)), models.Q(('application__isnull', True), ('kind__in', ['late_fee', 'principal']), ('line__isnull', True), ('receivable__isnull', False)), models.Q(models.Q(('kind__in', ['outside', 'payer', 'pool', 'late_fee', 'principal']), _negated=True), ('application__isnull', False), ('line__isnull', True), ('receivable__isnull', True)), _connector='OR'), name='account_has_its_owner'),
        ),
        migrations.AddConstraint(
            model_name='account',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('balance_fen__isnull', True), ('kind__in', ['outside', 'payer', 'pool'])), models.Q(models.Q(('kind__in', ['outside', 'payer', 'pool']), _negated=True), ('balance_fen__gte', 0), ('balance_fen__isnull', False)), _connector='OR'), name='account_not_below_zero'),
        ),
        migrations.AddConstraint(
            model_name='break',
            constraint=models.UniqueConstraint(condition=models.Q(('cleared_at__isnull', True), ('receivable__isnull', False)), fields=('kind', 'receivable'), name='one_open_break_a_receivable'),
        ),
        migrations.AddConstraint(
            model_name='break',
            constraint=models.CheckConstraint(condition=models.Q(('application__isnull', False), ('line__isnull', False), ('receivable__isnull', False), _connector='OR'), name='break_has_its_subject'),
        ),
        migrations.AddConstraint(
            model_name='instruction',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('application__isnull', False), ('line__isnull', True), ('receivable__isnull', True)), models.Q(('application__isnull', True), ('line__isnull', False), ('receivable__isnull', True)), models.Q(('application__isnull', True), ('line__isnull', True), ('receivable__isnull', False)), _connector='OR'), name='instruction_has_one_subject'),
        ),
        migrations.AddConstraint(
            model_name='instruction',
            constraint=models.UniqueConstraint(condition=models.Q(('receivable__isnull', False)), fields=('receivable', 'kind', 'attempt'), name='one_attempt_a_number_on_a_receivable'),
        ),
        migrations.RunPython(put_up, take_down),
    ]
