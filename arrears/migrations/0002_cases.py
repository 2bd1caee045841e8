"""Missed months as cases: months, materials, events, quotes, payments."""

import django.db.models.deletion
import django.db.models.expressions
import django_fsm
from django.conf import settings
from django.db import migrations, models

from transfers.models import guards

APPEND_ONLY = (
    "arrears_arrearsevent",
    "arrears_quoteterms",
    "arrears_quote",
    "arrears_payment",
    "arrears_allocation",
    "arrears_takenback",
)


def put_up(apps, schema_editor):
    for table in APPEND_ONLY:
        guards.append_only(schema_editor.connection, table)


def take_down(apps, schema_editor):
    for table in APPEND_ONLY:
        guards.lift(schema_editor.connection, table)


class Migration(migrations.Migration):

    dependencies = [
        ('arrears', '0001_policies'),
        ('transfers', '0004_receivables'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Payment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField(verbose_name='number')),
                ('payer', models.CharField(choices=[('employer', 'Employer'), ('person', 'The insured person')], max_length=10, verbose_name='paid by')),
                ('method', models.CharField(choices=[('counter', 'At the counter'), ('bank', 'Bank transfer'), ('tax_office', 'At the tax office'), ('online', 'Online')], max_length=10, verbose_name='way of paying')),
                ('amount_fen', models.BigIntegerField(verbose_name='amount (fen)')),
                ('paid_on', models.DateField(verbose_name='paid on')),
                ('bank_reference', models.CharField(blank=True, max_length=40, verbose_name='bank reference')),
                ('recorded_at', models.DateTimeField(verbose_name='recorded at')),
            ],
            options={
                'verbose_name': 'payment',
                'verbose_name_plural': 'payments',
                'ordering': ['case_id', 'number'],
            },
        ),
        migrations.CreateModel(
            name='QuoteTerms',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(max_length=64, unique=True, verbose_name='hash')),
                ('content', models.JSONField(verbose_name='content')),
            ],
            options={
                'verbose_name': 'terms of quotes',
                'verbose_name_plural': 'terms of quotes',
            },
        ),
        migrations.CreateModel(
            name='ArrearsCase',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.CharField(max_length=20, unique=True, verbose_name='reference')),
                ('state', django_fsm.FSMField(choices=[('opened', 'Opened'), ('assessed', 'Assessed, waiting for payment'), ('partly_paid', 'Partly paid'), ('settled', 'Settled, benefits to restart'), ('reinstated', 'Benefits restarted'), ('ineligible', 'Cannot be paid back'), ('waived', 'Waived'), ('cancelled', 'Cancelled')], default='opened', max_length=50, protected=True, verbose_name='state')),
                ('version', models.PositiveIntegerField(default=0, editable=False)),
                ('name', models.CharField(max_length=60, verbose_name='name')),
                ('scheme', models.CharField(choices=[('employee', 'Employee'), ('flexible', 'Flexible employment')], max_length=10, verbose_name='scheme')),
                ('cause', models.CharField(choices=[('employer', 'The employer did not pay'), ('individual', 'The person did not pay'), ('system', 'A fault of the system or the agency')], max_length=10, verbose_name='cause')),
                ('from_month', models.DateField(verbose_name='first missed month')),
                ('to_month', models.DateField(verbose_name='last missed month')),
                ('resumed_month', models.DateField(blank=True, null=True, verbose_name='first month paid again')),
                ('base_fen', models.PositiveBigIntegerField(blank=True, null=True, verbose_name='own monthly base (fen)')),
                ('consecutive_before', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='consecutive months before the gap')),
                ('contact_phone', models.CharField(blank=True, max_length=20, verbose_name='mobile phone')),
                ('contact_email', models.EmailField(blank=True, max_length=254, verbose_name='e-mail')),
                ('language', models.CharField(choices=[('zh-hans', '中文'), ('en', 'English')], default='zh-hans', max_length=10, verbose_name='language of messages')),
                ('employer_name', models.CharField(blank=True, max_length=120, verbose_name='employer')),
                ('employer_uscc', models.CharField(blank=True, max_length=18, verbose_name='unified social credit code')),
                ('employer_email', models.EmailField(blank=True, max_length=254, verbose_name='e-mail of the employer')),
                ('opened_at', models.DateTimeField(verbose_name='opened at')),
                ('next_on', models.DateField(blank=True, null=True, verbose_name='next date')),
                ('next_provisional', models.BooleanField(default=False, verbose_name='estimated')),
                ('settled_on', models.DateField(blank=True, null=True, verbose_name='paid in full on')),
                ('restart_on', models.DateField(blank=True, null=True, verbose_name='benefits restart on')),
                ('closed_at', models.DateTimeField(blank=True, null=True, verbose_name='closed at')),
                ('close_text', models.TextField(blank=True, verbose_name='reason')),
                ('agency', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='transfers.agency', verbose_name='agency')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='transfers.person', verbose_name='person')),
                ('pool', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='transfers.region', verbose_name='pool')),
                ('receivable', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='transfers.receivable', verbose_name='receivable')),
            ],
            options={
                'verbose_name': 'arrears case',
                'verbose_name_plural': 'arrears cases',
                'ordering': ['-opened_at'],
            },
        ),
        migrations.CreateModel(
            name='ArrearsEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seq', models.PositiveIntegerField(verbose_name='number')),
                ('at', models.DateTimeField(verbose_name='at')),
                ('verb', models.CharField(choices=[('open', 'Open the case'), ('take_materials', 'Take in materials'), ('assess', 'Assess and quote'), ('requote', 'Quote anew after the pay-by date'), ('refuse', 'Close: cannot be paid back'), ('pay', 'Record a payment'), ('take_back', 'Take a payment back'), ('waive', 'Waive what is owed'), ('cancel', 'Cancel the case'), ('reinstate', 'Restart the benefits')], max_length=20, verbose_name='action')),
                ('from_state', models.CharField(blank=True, max_length=20, verbose_name='from')),
                ('to_state', models.CharField(max_length=20, verbose_name='to')),
                ('actor', models.CharField(choices=[('applicant', 'Applicant'), ('employer', 'Employer'), ('staff', 'Staff'), ('system', 'System')], max_length=10, verbose_name='done by')),
                ('reason', models.TextField(blank=True, verbose_name='reason')),
                ('note', models.TextField(blank=True, verbose_name='internal note')),
                ('facts', models.JSONField(default=dict, verbose_name='facts')),
                ('key', models.UUIDField(blank=True, null=True, unique=True, verbose_name='key of the request')),
                ('asked', models.CharField(blank=True, editable=False, max_length=64)),
                ('shown_zh', models.TextField(blank=True, verbose_name='shown to the person (Chinese)')),
                ('shown_en', models.TextField(blank=True, verbose_name='shown to the person (English)')),
                ('case', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='events', to='arrears.arrearscase', verbose_name='arrears case')),
                ('user', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='user')),
            ],
            options={
                'verbose_name': 'arrears event',
                'verbose_name_plural': 'arrears events',
                'ordering': ['case_id', 'seq'],
            },
        ),
        migrations.CreateModel(
            name='ArrearsMaterial',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('id_card', 'Identity card'), ('social_card', 'Social security card'), ('labour_contract', 'Labour contract'), ('wage_proof', 'Proof of wages'), ('bank_record', 'Bank record of the payment attempts'), ('error_proof', 'Proof of the system error')], max_length=20, verbose_name='kind')),
                ('received_at', models.DateTimeField(verbose_name='received at')),
                ('case', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='materials', to='arrears.arrearscase', verbose_name='arrears case')),
                ('received_by', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='received by')),
            ],
            options={
                'verbose_name': 'material',
                'verbose_name_plural': 'materials',
                'ordering': ['case_id', 'received_at'],
            },
        ),
        migrations.CreateModel(
            name='ArrearsMonth',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('month', models.DateField(verbose_name='month')),
                ('live', models.BooleanField(default=True, verbose_name='asked for')),
                ('case', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='months', to='arrears.arrearscase', verbose_name='arrears case')),
                ('person', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='transfers.person', verbose_name='person')),
                ('pool', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='transfers.region', verbose_name='pool')),
            ],
            options={
                'verbose_name': 'missed month',
                'verbose_name_plural': 'missed months',
                'ordering': ['case_id', 'month'],
            },
        ),
        migrations.CreateModel(
            name='TakenBack',
            fields=[
                ('payment', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='taken_back', serialize=False, to='arrears.payment', verbose_name='payment')),
                ('reason', models.CharField(max_length=200, verbose_name='reason')),
                ('at', models.DateTimeField(verbose_name='at')),
            ],
            options={
                'verbose_name': 'payment taken back',
                'verbose_name_plural': 'payments taken back',
            },
        ),
        migrations.AddField(
            model_name='payment',
            name='case',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='payments', to='arrears.arrearscase', verbose_name='arrears case'),
        ),
        migrations.AddField(
            model_name='payment',
            name='late_fee',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='transfers.instruction', verbose_name='movement of late fee'),
        ),
        migrations.AddField(
            model_name='payment',
            name='principal',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='transfers.instruction', verbose_name='movement of contributions'),
        ),
        migrations.AddField(
            model_name='payment',
            name='recorded_by',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='recorded by'),
        ),
        migrations.CreateModel(
            name='Allocation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('month', models.DateField(verbose_name='month')),
                ('part', models.CharField(choices=[('principal_employer', "Contribution, employer's share"), ('principal_person', 'Contribution, personal share'), ('fee_employer', 'Late fee of the employer'), ('fee_person', 'Late fee of the person')], max_length=20, verbose_name='part')),
                ('amount_fen', models.BigIntegerField(verbose_name='amount (fen)')),
                ('payment', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='allocations', to='arrears.payment', verbose_name='payment')),
            ],
            options={
                'verbose_name': 'allocation',
                'verbose_name_plural': 'allocations',
                'ordering': ['payment_id', 'month', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='Quote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveSmallIntegerField(verbose_name='version')),
                ('made_at', models.DateTimeField(verbose_name='made at')),
                ('pay_by', models.DateField(verbose_name='pay by')),
                ('principal_employer_fen', models.BigIntegerField(verbose_name="contribution, employer's share (fen)")),
                ('principal_person_fen', models.BigIntegerField(verbose_name='contribution, personal share (fen)')),
                ('fee_employer_fen', models.BigIntegerField(verbose_name='late fee of the employer (fen)')),
                ('fee_person_fen', models.BigIntegerField(verbose_name='late fee of the person (fen)')),
                ('total_fen', models.BigIntegerField(verbose_name='total (fen)')),
                ('restart_on', models.DateField(verbose_name='benefits restart on')),
                ('waiting_months', models.PositiveSmallIntegerField(verbose_name='waiting months')),
                ('found', models.JSONField(verbose_name='assessment')),
                ('case', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='quotes', to='arrears.arrearscase', verbose_name='arrears case')),
                ('made_by', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='made by')),
                ('terms', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='arrears.quoteterms', verbose_name='terms of quotes')),
            ],
            options={
                'verbose_name': 'arrears quote',
                'verbose_name_plural': 'arrears quotes',
                'ordering': ['case_id', 'version'],
            },
        ),
        migrations.AddField(
            model_name='payment',
            name='quote',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='arrears.quote', verbose_name='quote'),
        ),
        migrations.AddIndex(
            model_name='arrearscase',
            index=models.Index(condition=models.Q(('state__in', ['assessed', 'opened', 'partly_paid', 'settled'])), fields=['agency', 'next_on', 'id'], name='arrears_by_next_day'),
        ),
        migrations.AddIndex(
            model_name='arrearscase',
            index=models.Index(condition=models.Q(('state__in', ['assessed', 'partly_paid'])), fields=['next_on', 'id'], name='arrears_quote_to_lapse'),
        ),
        migrations.AddIndex(
            model_name='arrearscase',
            index=models.Index(condition=models.Q(('state', 'settled')), fields=['next_on', 'id'], name='arrears_to_reinstate'),
        ),
        migrations.AddIndex(
            model_name='arrearscase',
            index=models.Index(condition=models.Q(('state__in', ['assessed', 'opened', 'partly_paid'])), fields=['person', 'pool'], name='arrears_owed_by'),
        ),
        migrations.AddConstraint(
            model_name='arrearscase',
            constraint=models.CheckConstraint(condition=models.Q(('to_month__gte', models.F('from_month'))), name='arrears_ends_after_start'),
        ),
        migrations.AddConstraint(
            model_name='arrearscase',
            constraint=models.CheckConstraint(condition=models.Q(('resumed_month__isnull', True), ('resumed_month__gt', models.F('to_month')), _connector='OR'), name='arrears_resumed_after_the_gap'),
        ),
        migrations.AddConstraint(
            model_name='arrearscase',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['assessed', 'cancelled', 'ineligible', 'opened', 'partly_paid', 'reinstated', 'settled', 'waived'])), name='arrears_state_is_known'),
        ),
        migrations.AddConstraint(
            model_name='arrearscase',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', False), ('state__in', ['cancelled', 'ineligible', 'reinstated', 'waived'])), models.Q(('closed_at__isnull', True), ('state__in', ['assessed', 'opened', 'partly_paid', 'settled'])), _connector='OR'), name='arrears_closed_at_iff_final'),
        ),
        migrations.AddConstraint(
            model_name='arrearscase',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('next_on__isnull', True), ('state__in', ['cancelled', 'ineligible', 'reinstated', 'waived'])), models.Q(('next_on__isnull', False), ('state__in', ['assessed', 'opened', 'partly_paid', 'settled'])), _connector='OR'), name='arrears_next_day_iff_open'),
        ),
        migrations.AddConstraint(
            model_name='arrearscase',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('restart_on__isnull', False), ('settled_on__isnull', False), ('state__in', ['settled', 'reinstated'])), models.Q(('restart_on__isnull', True), ('settled_on__isnull', True), models.Q(('state__in', ['settled', 'reinstated']), _negated=True)), _connector='OR'), name='arrears_restart_iff_settled'),
        ),
        migrations.AddConstraint(
            model_name='arrearscase',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['waived', 'cancelled', 'ineligible']), _negated=True), models.Q(('close_text', ''), _negated=True), _connector='OR'), name='arrears_closed_with_reason'),
        ),
        migrations.AddConstraint(
            model_name='arrearscase',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('cause', 'employer'), _negated=True), models.Q(('employer_name', ''), _negated=True), _connector='OR'), name='arrears_employer_is_named'),
        ),
        migrations.AddConstraint(
            model_name='arrearscase',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('cause', 'employer'), _negated=True), ('scheme', 'employee'), _connector='OR'), name='arrears_employer_only_of_employees'),
        ),
        migrations.AddConstraint(
            model_name='arrearscase',
            constraint=models.CheckConstraint(condition=models.Q(('scheme', 'resident'), _negated=True), name='arrears_resident_pays_by_year'),
        ),
        migrations.AddConstraint(
            model_name='arrearsevent',
            constraint=models.UniqueConstraint(fields=('case', 'seq'), name='one_arrears_event_a_version'),
        ),
        migrations.AddConstraint(
            model_name='arrearsevent',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('actor', 'staff'), ('user__isnull', False)), models.Q(models.Q(('actor', 'staff'), _negated=True), ('user__isnull', True)), _connector='OR'), name='staff_arrears_events_name_the_user'),
        ),
        migrations.AddConstraint(
            model_name='arrearsmaterial',
            constraint=models.UniqueConstraint(fields=('case', 'kind'), name='one_arrears_material_a_kind'),
        ),
        migrations.AddConstraint(
            model_name='arrearsmonth',
            constraint=models.UniqueConstraint(fields=('case', 'month'), name='one_row_a_month_of_a_case'),
        ),
        migrations.AddConstraint(
            model_name='arrearsmonth',
            constraint=models.UniqueConstraint(condition=models.Q(('live', True)), fields=('person', 'pool', 'month'), name='a_month_is_asked_for_once', violation_error_message='Another arrears case asks for this month already.'),
        ),
        migrations.AddField(
            model_name='takenback',
            name='by',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by'),
        ),
        migrations.AddConstraint(
            model_name='allocation',
            constraint=models.UniqueConstraint(fields=('payment', 'month', 'part'), name='one_allocation_a_part'),
        ),
        migrations.AddConstraint(
            model_name='allocation',
            constraint=models.CheckConstraint(condition=models.Q(('amount_fen__gte', 1)), name='allocation_covers_something'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.UniqueConstraint(fields=('case', 'number'), name='one_payment_a_number'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(('amount_fen__gte', 1), ('amount_fen__lte', 10000000000)), name='payment_in_bounds'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(('principal__isnull', False), ('late_fee__isnull', False), _connector='OR'), name='payment_is_in_the_ledger'),
        ),
        migrations.AddConstraint(
            model_name='quote',
            constraint=models.UniqueConstraint(fields=('case', 'version'), name='one_quote_a_version'),
        ),
        migrations.AddConstraint(
            model_name='quote',
            constraint=models.CheckConstraint(condition=models.Q(('fee_employer_fen__gte', 0), ('fee_person_fen__gte', 0), ('principal_employer_fen__gte', 0), ('principal_person_fen__gte', 0)), name='quote_owes_nothing_negative'),
        ),
        migrations.AddConstraint(
            model_name='quote',
            constraint=models.CheckConstraint(condition=models.Q(('total_fen', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('principal_employer_fen'), '+', models.F('principal_person_fen')), '+', models.F('fee_employer_fen')), '+', models.F('fee_person_fen')))), name='quote_parts_make_the_total'),
        ),
        migrations.AddConstraint(
            model_name='takenback',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='taking_back_has_reason'),
        ),
        migrations.RunPython(put_up, take_down),
    ]
