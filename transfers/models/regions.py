"""Places and the offices that serve them."""

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

NATION = "100000"


def in_language(zh: str, en: str) -> str:
    """Whichever of the two names the reader's language asks for."""
    return zh if (get_language() or "zh").startswith("zh") else en


class Region(models.Model):
    """An administrative division by GB/T 2260, or a province's own pool (code xx9900)."""

    class Level(models.TextChoices):
        NATION = "nation", _("Nation")
        PROVINCE = "province", _("Province")
        PREFECTURE = "prefecture", _("Prefecture")
        COUNTY = "county", _("County")

    code = models.CharField(_("code"), max_length=6, primary_key=True)
    name_zh = models.CharField(_("Chinese name"), max_length=60)
    name_en = models.CharField(_("English name"), max_length=80)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children",
        verbose_name=_("part of"),
    )  # fmt: skip
    level = models.CharField(_("level"), max_length=10, choices=Level)
    is_pool = models.BooleanField(
        _("is a pool"), default=False, help_text=_("Insurance funds are pooled at this level.")
    )

    class Meta:
        ordering = ["code"]
        verbose_name = _("region")
        verbose_name_plural = _("regions")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(code__regex=r"^[0-9]{6}$"), name="region_code_six_digits"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return in_language(self.name_zh, self.name_en)

    @property
    def province_code(self) -> str:
        return self.code[:2] + "0000"

    @property
    def full_name(self) -> str:
        """With the province in front, unless the name says it already."""
        province = self.parent
        if province is None or province.level != self.Level.PROVINCE:
            return self.name
        if self.code.endswith("9900"):
            return self.name
        zh = f"{province.name_zh}{self.name_zh}"
        return in_language(zh, f"{self.name_en}, {province.name_en}")


def lineage_codes(code: str) -> list[str]:
    """The codes of a region and of each it is part of, up to the nation. One light query.

    Raises Region.DoesNotExist for an unknown code.
    """
    above = Region.objects.values_list(
        "code", "parent_id", "parent__parent_id", "parent__parent__parent_id"
    ).get(pk=code)
    return [each for each in above if each is not None]


class Agency(models.Model):
    """The office that handles a pool's transfers, or the one that supervises such offices."""

    region = models.OneToOneField(Region, models.PROTECT, verbose_name=_("region"))
    name_zh = models.CharField(_("Chinese name"), max_length=80)
    name_en = models.CharField(_("English name"), max_length=120)
    phone = models.CharField(_("phone"), max_length=40)
    hours_zh = models.CharField(_("opening hours (Chinese)"), max_length=80)
    hours_en = models.CharField(_("opening hours (English)"), max_length=120)
    supervised_by = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="supervises",
        verbose_name=_("supervised by"),
    )  # fmt: skip

    class Meta:
        ordering = ["region_id"]
        verbose_name = _("agency")
        verbose_name_plural = _("agencies")

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return in_language(self.name_zh, self.name_en)

    @property
    def hours(self) -> str:
        return in_language(self.hours_zh, self.hours_en)
