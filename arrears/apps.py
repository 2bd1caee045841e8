"""The arrears application: contributions paid later, for months that were missed."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ArrearsConfig(AppConfig):
    name = "arrears"
    verbose_name = _("Arrears")

    def ready(self) -> None:
        # These import models, which must be loaded first.
        from transfers import plugs

        from . import demo, papers, redating, reference

        plugs.reference += [
            ("arrears policies", lambda at: reference.load_policies()),
            ("wage bases", lambda at: reference.load_wage_bases()),
        ]
        plugs.withdrawn.append(papers.no_longer_holds)
        plugs.permissions.append(reference.permissions)
        plugs.demo.append(demo.load)
        plugs.redate.append(redating.redate)
