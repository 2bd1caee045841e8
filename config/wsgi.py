"""The WSGI application that gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()

# Loads every view now, in gunicorn's master (--preload): the first visitor does not wait for it,
# and /healthz counts its time from the start of the service and not from that of a worker.
from config import urls  # noqa: E402, F401
