"""What each place promises: values with their source, from one day to another."""

from django.utils.translation import gettext_lazy as _

from ...models import TransferPolicy
from .region_policies import SPAN, RegionPolicyAdmin, lines, policy_form


class TransferPolicyAdmin(RegionPolicyAdmin):
    form = policy_form(TransferPolicy)
    fieldsets = (
        SPAN,
        lines(
            _("Limits of the relation, in working days"),
            "transfer_out_days", "transfer_in_days", "check_days", "supplement_days",
            "correction_days",
        ),
        lines(
            _("Limits of the money, in working days"),
            "remit_days", "resend_days", "credit_days", "dispute_days", "balance_expected_days",
        ),
        lines(
            _("How the place works"),
            "connected", "in_province_mode", "balance_disposition",
            "resident_year_to_employee_months", "minimum_years_male", "minimum_years_female",
            "hotline",
        ),
    )  # fmt: skip
