"""What applicants and employers use: drafts, uploads, channels of messages, queries, ratings, batches."""

import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models

from transfers.models import books


# SQLite rebuilds the applications' table, which the triggers of the books must not see missing.
def take_down(apps, schema_editor):
    books.remove(schema_editor.connection)


def put_up(apps, schema_editor):
    books.install(schema_editor.connection)


class Migration(migrations.Migration):

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('transfers', '0004_receivables'),
    ]

    operations = [
        migrations.RunPython(take_down, put_up),
        migrations.CreateModel(
            name='Batch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.CharField(max_length=20, unique=True, verbose_name='batch number')),
                ('state', models.CharField(choices=[('waiting', 'Waiting to be checked'), ('checking', 'Being checked'), ('checked', 'Checked'), ('unreadable', 'Not readable'), ('submitting', 'Being handed in'), ('done', 'Handed in'), ('discarded', 'Discarded')], default='waiting', max_length=12, verbose_name='state')),
                ('file', models.FileField(blank=True, max_length=120, upload_to='batches/', verbose_name='file')),
                ('sha256', models.CharField(editable=False, max_length=64)),
                ('size', models.PositiveIntegerField(verbose_name='size (bytes)')),
                ('problems', models.JSONField(blank=True, default=list, verbose_name='problems')),
                ('rows_total', models.PositiveIntegerField(blank=True, null=True, verbose_name='rows')),
                ('uploaded_at', models.DateTimeField(verbose_name='uploaded at')),
                ('checked_at', models.DateTimeField(blank=True, null=True, verbose_name='checked at')),
                ('submit_asked_at', models.DateTimeField(blank=True, null=True, verbose_name='handed in at')),
                ('done_at', models.DateTimeField(blank=True, null=True, verbose_name='finished at')),
                ('leased_until', models.DateTimeField(blank=True, null=True, verbose_name='leased until')),
            ],
            options={
                'verbose_name': 'batch',
                'verbose_name_plural': 'batches',
                'ordering': ['-uploaded_at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='BatchRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField(verbose_name='row of the sheet')),
                ('state', models.CharField(choices=[('good', 'Good'), ('bad', 'To be corrected'), ('submitted', 'Handed in'), ('refused', 'Refused when handed in')], max_length=10, verbose_name='state')),
                ('cells', models.JSONField(default=list, verbose_name='as read')),
                ('values', models.JSONField(default=dict, verbose_name='as understood')),
                ('problems', models.JSONField(default=list, verbose_name='problems')),
            ],
            options={
                'verbose_name': 'row of a batch',
                'verbose_name_plural': 'rows of batches',
                'ordering': ['number'],
            },
        ),
        migrations.CreateModel(
            name='Dispute',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('about', models.CharField(choices=[('amount', 'The amount is not right'), ('not_arrived', 'The money is not on my account'), ('months', 'Months are missing or wrong'), ('other', 'Something else')], max_length=12, verbose_name='about')),
                ('text', models.TextField(blank=True, max_length=500, verbose_name="in the applicant's words")),
                ('raised_at', models.DateTimeField(verbose_name='raised at')),
                ('answer_by', models.DateField(verbose_name='answer due on')),
                ('answer', models.TextField(blank=True, max_length=1000, verbose_name='answer')),
                ('answered_at', models.DateTimeField(blank=True, null=True, verbose_name='answered at')),
            ],
            options={
                'verbose_name': 'query of a result',
                'verbose_name_plural': 'queries of results',
                'ordering': ['-raised_at'],
            },
        ),
        migrations.CreateModel(
            name='Draft',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.CharField(max_length=20, unique=True, verbose_name='reference number')),
                ('code_hash', models.CharField(editable=False, max_length=160)),
                ('token', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('answers', models.JSONField(blank=True, default=dict, verbose_name='answers')),
                ('reached', models.PositiveSmallIntegerField(default=0, verbose_name='pages answered')),
                ('language', models.CharField(choices=[('zh-hans', '中文'), ('en', 'English')], default='zh-hans', max_length=10, verbose_name='language of messages')),
                ('created_at', models.DateTimeField(verbose_name='created at')),
                ('saved_at', models.DateTimeField(verbose_name='saved at')),
                ('expires_on', models.DateField(db_index=True, verbose_name='deleted after')),
            ],
            options={
                'verbose_name': 'unsent application',
                'verbose_name_plural': 'unsent applications',
                'ordering': ['-saved_at'],
            },
        ),
        migrations.CreateModel(
            name='Employer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uscc', models.CharField(max_length=18, unique=True, verbose_name='unified social credit code')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('contact_phone', models.CharField(blank=True, max_length=20, verbose_name='phone')),
                ('contact_email', models.EmailField(blank=True, max_length=254, verbose_name='e-mail')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created at')),
            ],
            options={
                'verbose_name': 'employer',
                'verbose_name_plural': 'employers',
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='MonthFigure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('month', models.DateField(verbose_name='month')),
                ('measure', models.CharField(choices=[('check', 'Check'), ('transfer_out', 'Transfer out'), ('transfer_in', 'Transfer in'), ('relation', 'From application to transfer in'), ('balance', 'From transfer in to balance credited')], max_length=12, verbose_name='measure')),
                ('cases', models.PositiveIntegerField(verbose_name='cases')),
                ('on_time', models.PositiveIntegerField(blank=True, null=True, verbose_name='on time')),
                ('median_days', models.DecimalField(blank=True, decimal_places=1, max_digits=6, null=True, verbose_name='median (working days)')),
                ('p90_days', models.DecimalField(blank=True, decimal_places=1, max_digits=6, null=True, verbose_name='90 % within (working days)')),
                ('worked_out_at', models.DateTimeField(verbose_name='worked out at')),
            ],
            options={
                'verbose_name': 'figure of a month',
                'verbose_name_plural': 'figures of months',
                'ordering': ['-month', 'region', 'measure'],
            },
        ),
        migrations.CreateModel(
            name='Rating',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('level', models.PositiveSmallIntegerField(choices=[(5, 'Very satisfied'), (4, 'Satisfied'), (3, 'Fairly satisfied'), (2, 'Dissatisfied'), (1, 'Very dissatisfied')], verbose_name='level')),
                ('indicators', models.JSONField(blank=True, default=list, verbose_name='indicators')),
                ('text', models.TextField(blank=True, max_length=500, verbose_name='words')),
                ('rated_at', models.DateTimeField(verbose_name='rated at')),
                ('reply', models.TextField(blank=True, max_length=500, verbose_name='reply')),
                ('replied_at', models.DateTimeField(blank=True, null=True, verbose_name='replied at')),
            ],
            options={
                'verbose_name': 'rating',
                'verbose_name_plural': 'ratings',
                'ordering': ['-rated_at'],
            },
        ),
        migrations.CreateModel(
            name='Upload',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('token', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('kind', models.CharField(choices=[('id_card', 'Identity card'), ('social_security_card', 'Social-security card'), ('certificate', 'Enrolment certificate'), ('stop_proof', 'Proof that insurance was stopped'), ('employment_proof', 'Proof of employment'), ('residence_proof', 'Proof of residence'), ('authorisation', 'Authorisation of a representative')], max_length=24, verbose_name='kind')),
                ('file_type', models.CharField(choices=[('image/jpeg', 'JPG'), ('image/png', 'PNG'), ('application/pdf', 'PDF')], max_length=20, verbose_name='file type')),
                ('file', models.FileField(max_length=120, upload_to='materials/', verbose_name='file')),
                ('size', models.PositiveIntegerField(verbose_name='size (bytes)')),
                ('sha256', models.CharField(editable=False, max_length=64)),
                ('pages', models.PositiveSmallIntegerField(default=1, verbose_name='pages')),
                ('uploaded_at', models.DateTimeField(verbose_name='uploaded at')),
            ],
            options={
                'verbose_name': 'uploaded file',
                'verbose_name_plural': 'uploaded files',
                'ordering': ['uploaded_at', 'pk'],
            },
        ),
        migrations.RemoveConstraint(
            model_name='outboxmessage',
            name='message_has_addressee',
        ),
        migrations.AddField(
            model_name='outboxmessage',
            name='channel',
            field=models.CharField(blank=True, choices=[('email', 'E-mail'), ('sms', 'SMS')], db_default='', max_length=5, verbose_name='sent by'),
        ),
        migrations.AddField(
            model_name='transferapplication',
            name='notify_by',
            field=models.CharField(choices=[('sms', 'By SMS'), ('email', 'By e-mail'), ('none', 'Not at all; I look at the status page')], db_default='none', default='none', max_length=5, verbose_name='told of changes'),
        ),
        migrations.AddField(
            model_name='transferapplication',
            name='reason',
            field=models.CharField(choices=[('new_job', 'New job'), ('moved', 'Moved house'), ('retired', 'Retired and settled elsewhere'), ('other', 'Another reason')], db_default='new_job', default='new_job', max_length=10, verbose_name='reason'),
        ),
        migrations.AlterField(
            model_name='outboxmessage',
            name='kind',
            field=models.CharField(choices=[('alert', 'Alert'), ('digest', 'Digest'), ('applicant', 'Message to the applicant'), ('break', 'Break in the books'), ('letter', 'Letter'), ('code', 'New query code')], max_length=10, verbose_name='kind'),
        ),
        migrations.AlterField(
            model_name='transferapplication',
            name='channel',
            field=models.CharField(choices=[('online', 'Online'), ('counter', 'At the counter'), ('batch', "In an employer's batch")], max_length=10, verbose_name='channel'),
        ),
        migrations.AddConstraint(
            model_name='outboxmessage',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('alert__isnull', False), ('kind', 'alert'), ('recipient__isnull', False)), models.Q(('kind', 'digest'), ('recipient__isnull', False)), models.Q(('application__isnull', False), ('kind__in', ['applicant', 'code'])), models.Q(('book_break__isnull', False), ('kind', 'break'), ('recipient__isnull', False)), models.Q(('kind', 'letter'), models.Q(('address', ''), _negated=True), models.Q(('subject', ''), _negated=True), models.Q(('text', ''), _negated=True)), _connector='OR'), name='message_has_addressee'),
        ),
        migrations.AddField(
            model_name='batch',
            name='uploaded_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='uploaded by'),
        ),
        migrations.AddField(
            model_name='batchrow',
            name='application',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='batch_row', to='transfers.transferapplication', verbose_name='application'),
        ),
        migrations.AddField(
            model_name='batchrow',
            name='batch',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='transfers.batch', verbose_name='batch'),
        ),
        migrations.AddField(
            model_name='dispute',
            name='answered_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='answered by'),
        ),
        migrations.AddField(
            model_name='dispute',
            name='application',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='disputes', to='transfers.transferapplication', verbose_name='application'),
        ),
        migrations.AddField(
            model_name='draft',
            name='application',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='drafts', to='transfers.transferapplication', verbose_name='handed in as'),
        ),
        migrations.AddField(
            model_name='draft',
            name='follows',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='transfers.transferapplication', verbose_name='applied before as'),
        ),
        migrations.AddField(
            model_name='batch',
            name='employer',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='batches', to='transfers.employer', verbose_name='employer'),
        ),
        migrations.AddField(
            model_name='transferapplication',
            name='employer',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='transfers.employer', verbose_name="employer's account"),
        ),
        migrations.AddField(
            model_name='user',
            name='employer',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='users', to='transfers.employer', verbose_name='employer'),
        ),
        # Who gave an address was written to by e-mail so far.
        migrations.RunSQL(
            "UPDATE transfers_transferapplication SET notify_by = 'email' WHERE contact_email <> ''",
            migrations.RunSQL.noop,
        ),
        migrations.AddConstraint(
            model_name='transferapplication',
            constraint=models.CheckConstraint(condition=models.Q(('notify_by', 'none'), models.Q(('notify_by', 'sms'), models.Q(('contact_phone', ''), _negated=True)), models.Q(('notify_by', 'email'), models.Q(('contact_email', ''), _negated=True)), _connector='OR'), name='told_where_an_address_is_known'),
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.CheckConstraint(condition=models.Q(('employer__isnull', True), models.Q(('agency__isnull', True), ('is_staff', False), ('is_superuser', False)), _connector='OR'), name='staff_or_employer'),
        ),
        migrations.AddField(
            model_name='monthfigure',
            name='region',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='transfers.region', verbose_name='pool'),
        ),
        migrations.AddField(
            model_name='rating',
            name='application',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='rating', to='transfers.transferapplication', verbose_name='application'),
        ),
        migrations.AddField(
            model_name='rating',
            name='replied_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='replied by'),
        ),
        migrations.AddField(
            model_name='upload',
            name='application',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='uploads', to='transfers.transferapplication', verbose_name='application'),
        ),
        migrations.AddField(
            model_name='upload',
            name='draft',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='uploads', to='transfers.draft', verbose_name='unsent application'),
        ),
        migrations.AddIndex(
            model_name='batchrow',
            index=models.Index(fields=['batch', 'state', 'number'], name='batch_rows_by_state'),
        ),
        migrations.AddConstraint(
            model_name='batchrow',
            constraint=models.UniqueConstraint(fields=('batch', 'number'), name='each_row_once'),
        ),
        migrations.AddConstraint(
            model_name='batchrow',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('application__isnull', False), ('state', 'submitted')), models.Q(models.Q(('state', 'submitted'), _negated=True), ('application__isnull', True)), _connector='OR'), name='submitted_iff_it_is_a_case'),
        ),
        migrations.AddConstraint(
            model_name='dispute',
            constraint=models.UniqueConstraint(condition=models.Q(('answered_at__isnull', True)), fields=('application',), name='one_open_query'),
        ),
        migrations.AddConstraint(
            model_name='dispute',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('answer', ''), ('answered_at__isnull', True), ('answered_by__isnull', True)), models.Q(('answered_at__isnull', False), ('answered_by__isnull', False), models.Q(('answer', ''), _negated=True)), _connector='OR'), name='answered_with_words_by_somebody'),
        ),
        migrations.AddConstraint(
            model_name='draft',
            constraint=models.CheckConstraint(condition=models.Q(('application__isnull', True), ('answers', {}), _connector='OR'), name='answers_go_with_the_draft'),
        ),
        migrations.AddIndex(
            model_name='batch',
            index=models.Index(condition=models.Q(('state__in', ['waiting', 'checking', 'submitting'])), fields=['uploaded_at'], name='batch_to_work_on'),
        ),
        migrations.AddConstraint(
            model_name='batch',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['discarded', 'unreadable']), _negated=True), fields=('employer', 'sha256'), name='one_file_once_an_employer'),
        ),
        migrations.AddConstraint(
            model_name='monthfigure',
            constraint=models.UniqueConstraint(fields=('region', 'month', 'measure'), name='one_figure_a_month_and_measure'),
        ),
        migrations.AddConstraint(
            model_name='rating',
            constraint=models.CheckConstraint(condition=models.Q(('level__gte', 1), ('level__lte', 5)), name='rating_of_five'),
        ),
        migrations.AddConstraint(
            model_name='rating',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('replied_at__isnull', True), ('replied_by__isnull', True), ('reply', '')), models.Q(('replied_at__isnull', False), ('replied_by__isnull', False), models.Q(('reply', ''), _negated=True)), _connector='OR'), name='replied_with_words_by_somebody'),
        ),
        migrations.AddConstraint(
            model_name='upload',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('application__isnull', True), ('draft__isnull', False)), models.Q(('application__isnull', False), ('draft__isnull', True)), _connector='OR'), name='upload_has_one_owner'),
        ),
        migrations.AddConstraint(
            model_name='upload',
            constraint=models.UniqueConstraint(fields=('draft', 'kind', 'sha256'), name='one_file_once_a_draft'),
        ),
        migrations.AddConstraint(
            model_name='upload',
            constraint=models.UniqueConstraint(fields=('application', 'kind', 'sha256'), name='one_file_once_a_case'),
        ),
        migrations.RunPython(put_up, take_down),
    ]
