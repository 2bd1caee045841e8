"""The transfers application."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TransfersConfig(AppConfig):
    name = "transfers"
    verbose_name = _("Transfers")

    def ready(self) -> None:
        # These import models, which must be loaded first.
        from .documents import checks as _seal  # noqa: F401 - registers itself
        from .intake import uploads as _files  # noqa: F401 - deletes a file with its row
        from .workflow import checks

        checks.discover()
