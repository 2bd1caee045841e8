"""Opening an uploaded file is written down as looking at a number is."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('transfers', '0007_statistics'),
    ]

    operations = [
        # A column that may be empty is added in place: no table is rebuilt, no trigger lost.
        migrations.AddField(
            model_name='disclosure',
            name='material',
            field=models.CharField(blank=True, choices=[('id_card', 'Identity card'), ('social_security_card', 'Social-security card'), ('certificate', 'Enrolment certificate'), ('stop_proof', 'Proof that insurance was stopped'), ('employment_proof', 'Proof of employment'), ('residence_proof', 'Proof of residence'), ('authorisation', 'Authorisation of a representative')], max_length=24, null=True, verbose_name='file opened'),
        ),
    ]
