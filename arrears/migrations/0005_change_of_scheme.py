"""A case says whether the person changed scheme: with few months in a row before, they wait longer."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('arrears', '0004_redate'),
    ]

    operations = [
        migrations.AddField(
            model_name='arrearscase',
            name='switched',
            field=models.BooleanField(db_default=False, default=False, verbose_name='changed between the employee and the resident scheme'),
        ),
    ]
