"""Without the arrears app its rule is gone and nothing else breaks."""

import os
import subprocess
import sys
from pathlib import Path

from django.conf import settings

STORY = """
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
call_command("load_reference", verbosity=0)

from django.conf import settings
from django.test import Client
from django.urls import NoReverseMatch, reverse
from config.celery import app
from tests.scenes import Scene, moment
from transfers import plugs
from transfers.models import TransferApplication
from transfers.rules.states import Action, State
from transfers.workflow.actions import perform

settings.ALLOWED_HOSTS = ["testserver"]
scene = Scene()
made = scene.submit()
case = made.application
for who in ("origin_clerk", "destination_clerk"):
    case = TransferApplication.objects.get(pk=case.pk)
    perform(case, Action.PASS_CHECK, by=scene.actor(who), at=moment("2025-09-25"))
assert TransferApplication.objects.get(pk=case.pk).state == State.VALIDATED
assert plugs.overlays_of(case, moment("2025-09-25").date()) == []

public = Client()
assert public.get("/").status_code == 200
assert public.get("/arrears/").status_code == 404
public.post("/status/", {"reference": case.reference, "code": made.query_code})
assert public.get(f"/status/{case.reference}/").status_code == 200

desk = Client()
desk.force_login(scene.user("origin_clerk"), "django.contrib.auth.backends.ModelBackend")
for page in ("/admin/queue/", f"/admin/cases/{case.reference}/", f"/admin/cases/{case.reference}/record/"):
    assert desk.get(page).status_code == 200, page
assert desk.get("/admin/arrears/").status_code == 404
try:
    reverse("admin:arrears")
except NoReverseMatch:
    pass
else:
    raise AssertionError("the arrears pages are still there")

app.loader.import_default_modules()
tasks = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
assert tasks <= set(app.tasks), tasks - set(app.tasks)
assert not [name for name in app.tasks if name.startswith("arrears.")]
call_command("check", fail_level="WARNING")
call_command("makemigrations", check=True, dry_run=True, verbosity=0)
print("well")
"""


def test_taken_out_of_the_settings_the_rule_is_gone_and_nothing_breaks(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.arrears.without",
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": f"sqlite:///{tmp_path}/without.sqlite3",
    }
    done = subprocess.run(
        [sys.executable, "-W", "error::RuntimeWarning", "-c", STORY],
        cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, timeout=300,
        check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout.strip().splitlines()[-1:]) == (0, ["well"]), done.stderr
