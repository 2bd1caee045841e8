"""Slowing down whoever tries query codes: a growing wait, never a lock. And a share of what costs.

A try counts against the visitor's address and against the reference before its code is looked at, so
tries sent at once do not slip through. A wait per reference stays short, because anybody who knows
the reference could cause it; even one try a minute, day and night, hits an eight-character code with a
chance of less than 2e-9 a day.

What anybody may do and the site pays for, beginning applications and sending files, has a share for each
address in each hour of the clock. It is ample, since a town may share one address.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils.crypto import salted_hmac

from ..models.alerts import LookupThrottle


@dataclass(frozen=True, slots=True)
class Limit:
    """`free` misses without a wait, then `first`, doubled each time up to `longest`."""

    free: int
    first: timedelta
    longest: timedelta
    forgotten_after: timedelta

    def wait(self, misses: int) -> timedelta:
        beyond = misses - self.free
        if beyond <= 0:
            return timedelta(0)
        return min(self.longest, self.first * 2 ** min(beyond - 1, 16))


ADDRESS = Limit(5, timedelta(seconds=15), timedelta(minutes=15), timedelta(hours=1))
REFERENCE = Limit(3, timedelta(seconds=5), timedelta(minutes=1), timedelta(hours=1))


@dataclass(frozen=True, slots=True)
class Share:
    """What one address may have in an hour."""

    name: str
    most: int


DRAFTS = Share("applications begun", 200)
FILES = Share("files", 1_000_000)  # kB


@dataclass(frozen=True, slots=True)
class Try:
    """One try that was let through. `wait` is set instead if it was not."""

    keys: tuple[str, str]
    wait: timedelta | None = None


def _key(kind: str, value: str) -> str:
    return salted_hmac(f"lookup {kind}", value, algorithm="sha256").hexdigest()


def begin(address: str, reference: str, at: datetime) -> Try:
    """Count a try, unless the address or the reference has to wait; then say how long.

    A waiting visitor's tries are not counted: waiting it out always ends.
    """
    keys = (_key("address", address), _key("reference", reference))
    limits = dict(zip(keys, (ADDRESS, REFERENCE), strict=True))
    with transaction.atomic():
        LookupThrottle.objects.bulk_create(
            [LookupThrottle(key=key, last_miss_at=at) for key in keys], ignore_conflicts=True
        )
        # In one order for everybody, or two visitors could wait for each other for ever.
        rows = list(LookupThrottle.objects.select_for_update().filter(key__in=keys).order_by("key"))
        waits = [
            row.blocked_until - at for row in rows if row.blocked_until and row.blocked_until > at
        ]
        if waits:
            return Try(keys, max(waits))
        for row in rows:
            limit = limits[row.key]
            if at - row.last_miss_at > limit.forgotten_after:
                row.misses = 0
            row.misses += 1
            row.last_miss_at = at
            wait = limit.wait(row.misses)
            row.blocked_until = at + wait if wait else None
            row.save(update_fields=["misses", "last_miss_at", "blocked_until"])
    return Try(keys)


def spend(share: Share, address: str, amount: int, at: datetime) -> timedelta | None:
    """Take from what an address has this hour; what is no longer there is not taken, and the answer
    is how long to wait."""
    hour = at.replace(minute=0, second=0, microsecond=0)
    key = _key(share.name, f"{address} {hour.timestamp():.0f}")
    LookupThrottle.objects.bulk_create(
        [LookupThrottle(key=key, last_miss_at=at)], ignore_conflicts=True
    )
    taken = LookupThrottle.objects.filter(key=key, misses__lte=share.most - amount).update(
        misses=F("misses") + amount, last_miss_at=at
    )
    return None if taken else hour + timedelta(hours=1) - at


def found(attempt: Try) -> None:
    """The code was right: the reference starts afresh, and the address gets this one try back.

    Only that one, or knowing one code would let somebody try others' without end.
    """
    address, reference = attempt.keys
    LookupThrottle.objects.filter(key=reference).delete()
    LookupThrottle.objects.filter(key=address, misses__gt=0).update(
        misses=F("misses") - 1, blocked_until=None
    )
