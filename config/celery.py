"""The Celery application. Tasks only find work and delegate; the truth is in the database."""

import logging.config
import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("jiexu")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def use_our_logging(**_: Any) -> None:
    """Give worker and beat the product's own log format; Celery's would print arguments."""
    from django.conf import settings  # not configured yet when this module is imported

    logging.config.dictConfig(settings.LOGGING)
