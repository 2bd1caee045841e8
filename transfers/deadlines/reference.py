"""What every installation starts with: places, offices, calendar, policies, alert ladder, roles.

What ships is inserted when absent and never written over: a row that somebody corrected in the
staff pages stays as it is, through every later run. So a changed value in a shipped file reaches
only new installations; an existing one is changed in the staff pages, or, for a year's holidays,
with `load_calendar`. Exactly:

- regions, agencies and rungs are known by their code or key;
- a policy row is added when its region has no row that shares a day with it;
- a year's notice is added when that year has none, and re-dates the open steps like any other;
- a role gets the permissions listed here that it lacks, and keeps those it was given besides;
- what other applications ship (`plugs.reference`, `plugs.permissions`) comes under the same promise.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Model
from django.utils.timezone import localdate

from .. import plugs
from ..models.alerts import AlertRung
from ..models.calendar import Calendar, CalendarNotice
from ..models.policies import TransferPolicy
from ..models.regions import NATION, Agency, Region
from ..rules.notices import Notice, NoticeError, read_notice
from ..rules.states import Role
from . import calendar_rows, redate
from .reference_files import BadFile, flag, insert, parsed, policies, regions_known, rows_in

FILES = Path(__file__).resolve().parent.parent / "fixtures"


@dataclass(frozen=True, slots=True)
class Inserted:
    """How many rows of each kind were new."""

    counts: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def load(at: datetime, files: Path = FILES) -> Inserted:
    """Insert what is missing, in one transaction. A run with nothing to insert writes nothing.

    `at` dates the notices. Errors: BadFile, with nothing written.
    """
    with transaction.atomic():
        counts = {
            "regions": _regions(files / "regions.csv"),
            "agencies": _agencies(files / "agencies.csv"),
            "calendar years": _calendar(files / "calendar", at),
            "policies": policies(files / "transfer_policies.csv", TransferPolicy),
            "alert rungs": _rungs(files / "alert_rungs.csv"),
        }
        counts |= {name: insert_more(at) for name, insert_more in plugs.reference}
        return Inserted({**counts, "permissions": _roles()})


def _regions(path: Path) -> int:
    known = regions_known()
    stored = set(known)
    lines, regions = [], []
    columns = ("code", "name_zh", "name_en", "parent", "level", "is_pool")
    for line, row in rows_in(path, columns):
        # Sorted by code, so that the region a place belongs to stands above it.
        if row["parent"] and row["parent"] not in known:
            raise BadFile(path, line, f"no region {row['parent']} stands above it")
        if row["code"] in stored:
            continue
        if row["code"] in known:
            raise BadFile(path, line, f"{row['code']} is there twice")
        known.add(row["code"])
        lines.append(line)
        regions.append(
            Region(
                code=row["code"],
                name_zh=row["name_zh"],
                name_en=row["name_en"],
                parent_id=row["parent"] or None,
                level=row["level"],
                is_pool=parsed(path, line, "is_pool", row["is_pool"], flag),
            )
        )
    return insert(path, lines, regions)


def _agencies(path: Path) -> int:
    columns = ("region", "name_zh", "name_en", "phone", "hours_zh", "hours_en", "supervised_by")
    regions = regions_known()
    known = dict(Agency.objects.values_list("region_id", "pk"))
    rows = list(rows_in(path, columns))
    inserted = 0
    # Those that supervise first, since the others point at them.
    for supervised in (False, True):
        lines, agencies = [], []
        for line, row in rows:
            if bool(row["supervised_by"]) is not supervised or row["region"] in known:
                continue
            for column in ("region", "supervised_by"):
                if row[column] and row[column] not in (known if column != "region" else regions):
                    raise BadFile(path, line, f"{column} {row[column]} is unknown")
            lines.append(line)
            agencies.append(
                Agency(
                    region_id=row["region"],
                    name_zh=row["name_zh"],
                    name_en=row["name_en"],
                    phone=row["phone"],
                    hours_zh=row["hours_zh"],
                    hours_en=row["hours_en"],
                    supervised_by_id=known.get(row["supervised_by"]),
                )
            )
        inserted += insert(path, lines, agencies)
        if agencies and not supervised:
            known |= dict(Agency.objects.values_list("region_id", "pk"))
    return inserted


def _calendar(directory: Path, at: datetime) -> int:
    notices = []
    for path in sorted(directory.glob("*.csv")):
        text = path.read_text(encoding="utf-8")
        try:
            notices.append((read_notice(text.splitlines()), text))
        except NoticeError as error:
            raise BadFile(path, error.line, str(error)) from error
    if not notices:
        raise BadFile(directory, 0, "no calendar file is there")
    if not Calendar.objects.filter(pk=NATION).exists():
        return _first_calendar(notices, localdate(at), at)
    years = set(CalendarNotice.objects.filter(calendar=NATION).values_list("year", flat=True))
    missing = [(notice, text) for notice, text in notices if notice.year not in years]
    for _notice, text in missing:
        redate.load(text, at=at)
    return len(missing)


def _first_calendar(notices: list[tuple[Notice, str]], today: date, at: datetime) -> int:
    """The nation's calendar from all its notices at once; there are no steps to re-date yet."""
    last_year = max(notice.year for notice, _ in notices)
    calendar = Calendar.objects.create(
        region_id=NATION, published_until=date(last_year, 12, 31), version=1
    )
    exceptions = {row.day: row for notice, _ in notices for row in notice.days}
    calendar_rows.write(
        calendar, calendar_rows.FIRST, calendar_rows.last_day(last_year, today), exceptions
    )
    CalendarNotice.objects.bulk_create(
        redate.notice_row(calendar, notice, text, at) for notice, text in notices
    )
    return len(notices)


def _rungs(path: Path) -> int:
    columns = ("key", "offset_days", "audience", "digest_only", "tells_applicant")
    stored = AlertRung.objects.values_list("key", "offset_days")
    keys, offsets = {key for key, _ in stored}, {offset for _, offset in stored}
    lines, rungs = [], []
    for line, row in rows_in(path, columns):
        offset = parsed(path, line, "offset_days", row["offset_days"], int)
        if row["key"] in keys or offset in offsets:
            continue  # known, or moved elsewhere on the ladder by an editor
        lines.append(line)
        rungs.append(
            AlertRung(
                key=row["key"],
                offset_days=offset,
                audience=row["audience"],
                digest_only=parsed(path, line, "digest_only", row["digest_only"], flag),
                tells_applicant=parsed(path, line, "tells_applicant", row["tells_applicant"], flag),
            )
        )
    return insert(path, lines, rungs)


def _may(actions: str, *models: type[Model] | str) -> set[tuple[str, str]]:
    """Permissions as (app, codename), for models given as classes or "app.model"."""
    classes = [apps.get_model(model) if isinstance(model, str) else model for model in models]
    return {
        (each._meta.app_label, f"{action}_{each._meta.model_name}")
        for action in actions.split()
        for each in classes
    }


def _permissions() -> dict[Role, set[tuple[str, str]]]:
    """What each role may do in the staff pages besides its work on cases."""
    everyone = _may("view", Region, Agency)
    special = {
        Role.POLICY_EDITOR: _may(
            "add change view",
            TransferPolicy,
            Calendar,
            CalendarNotice,
            "transfers.CalendarDay",
            AlertRung,
        ),
        Role.ADMINISTRATOR: _may("add change view", "transfers.User", Region, Agency)
        | _may("view", Group),
        Role.AUDITOR: _may(
            "view",
            Group,
            *(
                model
                for label in ("transfers", "axes")
                for model in apps.get_app_config(label).get_models()
            ),
        ),
    }
    besides = [plug() for plug in plugs.permissions]
    return {
        role: everyone.union(special.get(role, ()), *(given.get(role, ()) for given in besides))
        for role in Role
    }


def _roles() -> int:
    """Make the groups and give them what they lack; returns how many permissions were new."""
    permissions = {
        (label, codename): pk
        for pk, label, codename in Permission.objects.values_list(
            "pk", "content_type__app_label", "codename"
        )
    }
    groups = {group.name: group for group in Group.objects.all()}
    missing = [Group(name=role.value) for role in Role if role.value not in groups]
    if missing:
        Group.objects.bulk_create(missing)
        groups = {group.name: group for group in Group.objects.all()}
    links = Group.permissions.through.objects
    given = set(links.values_list("group_id", "permission_id"))
    new = [
        Group.permissions.through(group_id=groups[role.value].pk, permission_id=permissions[name])
        for role, names in _permissions().items()
        for name in sorted(names)
        if (groups[role.value].pk, permissions[name]) not in given
    ]
    links.bulk_create(new)
    return len(new)
