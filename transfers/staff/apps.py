"""Puts our site in the place of Django's own admin site."""

from django.contrib.admin.apps import AdminConfig


class StaffAdminConfig(AdminConfig):
    default_site = "transfers.staff.site.StaffSite"

    def ready(self) -> None:
        super().ready()
        from .managed import register  # models are ready only now

        register()
