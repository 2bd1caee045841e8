"""What is edited in the admin's own forms: policies, the alert ladder, places, offices, people.

Cases, steps, events, balances, preparations and disclosures are not here: they change through
`transfers.workflow` alone and are read on the case page.
"""

from django.contrib import admin
from django.contrib.auth.models import Group

from ...models import (
    Agency,
    AlertRung,
    BankAccount,
    Employer,
    Heartbeat,
    Region,
    TransferPolicy,
    User,
)
from .accounts import BankAccountAdmin
from .employers import EmployerAdmin
from .ladder import AlertRungAdmin, HeartbeatAdmin
from .people import UserAdmin
from .places import AgencyAdmin, RegionAdmin
from .policies import TransferPolicyAdmin


def register() -> None:
    """Register the models that staff edit; called once when the apps are ready."""
    site = admin.site
    site.unregister(Group)  # roles are fixed; they are given on the page of a user
    site.register(TransferPolicy, TransferPolicyAdmin)
    site.register(AlertRung, AlertRungAdmin)
    site.register(Region, RegionAdmin)
    site.register(Agency, AgencyAdmin)
    site.register(BankAccount, BankAccountAdmin)
    site.register(User, UserAdmin)
    site.register(Employer, EmployerAdmin)
    site.register(Heartbeat, HeartbeatAdmin)
