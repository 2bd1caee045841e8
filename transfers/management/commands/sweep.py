"""`manage.py sweep`: the deadline jobs once, for a timer that does not depend on the worker."""

from typing import Any

from django.core.management.base import BaseCommand

from transfers.tasks import deliver_messages, raise_deadline_alerts


class Command(BaseCommand):
    help = "Raise the alerts that are due and send the messages that wait, once."

    def handle(self, *args: Any, **options: Any) -> None:
        rows, messages = raise_deadline_alerts(), deliver_messages()
        if options["verbosity"] > 0:
            self.stdout.write(f"{rows} rows raised, {messages} messages handled")
