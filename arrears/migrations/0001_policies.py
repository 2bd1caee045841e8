"""What each place asks for missed months, and its wage bases."""

import arrears.models.policies
import django.core.validators
import django.db.models.deletion
from decimal import Decimal
from django.db import migrations, models

from transfers.models import guards

POLICIES = 'arrears_arrearspolicy'


def put_up(apps, schema_editor):
    guards.no_overlap(schema_editor.connection, POLICIES)


def take_down(apps, schema_editor):
    guards.allow_overlap(schema_editor.connection, POLICIES)


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('transfers', '0003_room_for_changes'),
    ]

    operations = [
        migrations.CreateModel(
            name='ArrearsPolicy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('valid_from', models.DateField(verbose_name='valid from')),
                ('valid_to', models.DateField(blank=True, null=True, verbose_name='valid to')),
                ('provenance', models.JSONField(default=dict, verbose_name='where the values come from')),
                ('gap_free_months', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(12)], verbose_name='gap without waiting (months)')),
                ('back_pay_allowed', models.BooleanField(blank=True, null=True, verbose_name='missed months may be paid later')),
                ('back_pay_allowed_flexible', models.BooleanField(blank=True, null=True, verbose_name='also by people in flexible employment')),
                ('max_gap_months', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(600)], verbose_name='longest gap that may be paid (months)')),
                ('min_consecutive_months', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(600)], verbose_name='months in a row needed before the gap')),
                ('switch_months', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(600)], verbose_name='months in a row that a change of scheme asks for')),
                ('restart_rule', models.CharField(blank=True, choices=[('payment_month', 'The 1st of the month of payment'), ('next_month', 'The 1st of the month after payment'), ('plus_30_days', '30 days after payment')], max_length=15, verbose_name='benefits restart')),
                ('restart_rule_over', models.CharField(blank=True, choices=[('payment_month', 'The 1st of the month of payment'), ('next_month', 'The 1st of the month after payment'), ('plus_30_days', '30 days after payment')], max_length=15, verbose_name='benefits restart after a longer gap, instead of waiting')),
                ('waiting_months_4_to_6', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(6)], verbose_name='wait after a gap of up to 6 months')),
                ('waiting_months_over_6', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(6)], verbose_name='wait after a gap of more than 6 months')),
                ('payment_month_counts', models.BooleanField(blank=True, null=True, verbose_name='the month of payment counts as waited')),
                ('retroactive', models.BooleanField(blank=True, null=True, verbose_name='costs of the gap are reimbursed afterwards')),
                ('contribution_rate_unit', models.DecimalField(blank=True, decimal_places=4, max_digits=5, null=True, validators=[django.core.validators.MinValueValidator(Decimal('0')), django.core.validators.MaxValueValidator(Decimal('0.5'))], verbose_name='contribution rate of the employer')),
                ('contribution_rate_person', models.DecimalField(blank=True, decimal_places=4, max_digits=5, null=True, validators=[django.core.validators.MinValueValidator(Decimal('0')), django.core.validators.MaxValueValidator(Decimal('0.5'))], verbose_name='contribution rate of the person')),
                ('due_rule', models.CharField(blank=True, choices=[('month_end', 'The last day of the month itself')], max_length=10, verbose_name='contributions are due')),
                ('late_fee_daily_rate', models.DecimalField(blank=True, decimal_places=6, max_digits=7, null=True, validators=[django.core.validators.MinValueValidator(Decimal('0')), django.core.validators.MaxValueValidator(Decimal('0.01'))], verbose_name='late fee a day')),
                ('late_fee_on_person', models.BooleanField(blank=True, null=True, verbose_name='the person pays a late fee for own omissions')),
                ('window_from', models.CharField(blank=True, max_length=5, validators=[arrears.models.policies.day_of_year], verbose_name='residents pay for the next year from')),
                ('window_to', models.CharField(blank=True, max_length=5, validators=[arrears.models.policies.day_of_year], verbose_name='residents pay for the next year until')),
                ('repair_from', models.CharField(blank=True, max_length=5, validators=[arrears.models.policies.day_of_year], verbose_name='residents make up missed years from')),
                ('repair_to', models.CharField(blank=True, max_length=5, validators=[arrears.models.policies.day_of_year], verbose_name='residents make up missed years until')),
                ('fixed_wait_months', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(12)], verbose_name='residents: fixed wait (months)')),
                ('wait_per_broken_year', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(12)], verbose_name='residents: more wait for each missed year (months)')),
                ('repair_per_year', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(12)], verbose_name='residents: less wait for each year made up (months)')),
                ('floor_from_4_years', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(24)], verbose_name='residents: least wait from 4 missed years (months)')),
                ('first_year_free', models.BooleanField(blank=True, null=True, verbose_name='residents: the first missed year adds no wait')),
                ('quote_days', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(250)], verbose_name='a quote is valid for (working days)')),
                ('assess_days', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(250)], verbose_name='a case is assessed within (working days)')),
                ('pay_at_zh', models.CharField(blank=True, max_length=200, verbose_name='where to pay (Chinese)')),
                ('pay_at_en', models.CharField(blank=True, max_length=200, verbose_name='where to pay (English)')),
                ('region', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='transfers.region', verbose_name='region')),
            ],
            options={
                'verbose_name': 'arrears policy',
                'verbose_name_plural': 'arrears policies',
                'ordering': ['region_id', '-valid_from'],
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(('valid_to__isnull', True), ('valid_to__gte', models.F('valid_from')), _connector='OR'), name='arrears_policy_ends_after_it_starts', violation_error_message='A policy cannot end before it starts.')],
            },
        ),
        migrations.CreateModel(
            name='WageBase',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('year', models.PositiveSmallIntegerField(validators=[django.core.validators.MinValueValidator(1990), django.core.validators.MaxValueValidator(2100)], verbose_name='year of the contributions')),
                ('amount_fen', models.PositiveBigIntegerField(validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(100000000)], verbose_name='monthly base (fen)')),
                ('status', models.CharField(choices=[('law', 'National text'), ('article', 'Reported by an article'), ('own', 'Default of this product, to be confirmed')], default='own', max_length=10, verbose_name='how sure')),
                ('source', models.CharField(max_length=500, verbose_name='source')),
                ('verified', models.BooleanField(default=False, verbose_name='verified')),
                ('region', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='transfers.region', verbose_name='region')),
            ],
            options={
                'verbose_name': 'wage base',
                'verbose_name_plural': 'wage bases',
                'ordering': ['region_id', '-year'],
                'constraints': [models.UniqueConstraint(fields=('region', 'year'), name='one_wage_base_a_year', violation_error_message='The region has a base for this year already.'), models.CheckConstraint(condition=models.Q(('amount_fen__gte', 1)), name='wage_base_above_zero')],
            },
        ),
        migrations.RunPython(put_up, take_down),
    ]
