"""The insured."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Sex(models.TextChoices):
    MALE = "male", _("Male")
    FEMALE = "female", _("Female")


class Person(models.Model):
    """An insured person, known by the identity number (GB 11643); a name belongs to an application."""

    id_number = models.CharField(_("identity number"), max_length=18, unique=True)
    sex = models.CharField(_("sex"), max_length=6, choices=Sex)
    birth_on = models.DateField(_("born on"))

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")

    def __str__(self) -> str:
        return f"…{self.id_number[-4:]}"
