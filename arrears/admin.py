"""What this app adds to the staff site: the work on cases, policies and wage bases."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from transfers import plugs
from transfers.staff.access import EVERYBODY

from .models import ArrearsPolicy, WageBase
from .staff import site
from .staff.policies import ArrearsPolicyAdmin, WageBaseAdmin

__all__ = ["site"]

admin.site.register(ArrearsPolicy, ArrearsPolicyAdmin)
admin.site.register(WageBase, WageBaseAdmin)

plugs.navigation += [
    plugs.NavEntry(
        "rules", _("Arrears policies"), "arrears_arrearspolicy_changelist", EVERYBODY, False
    ),
    plugs.NavEntry("rules", _("Wage bases"), "arrears_wagebase_changelist", EVERYBODY, False),
]
