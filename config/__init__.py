"""How Jiexu is put together: settings, Celery, URLs, and the supervisor behind `manage.py up`."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
