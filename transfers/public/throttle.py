"""Slowing down whoever tries query codes: a growing wait, never a lock. And a share of what costs.

A try counts against the visitor's address and against the reference before its code is looked at, so
tries sent at once do not slip through. A wait per reference stays short, because anybody who knows
the reference could cause it; even one try a minute, day and night, hits an eight-character code with a
chance of less than 2e-9 a day.

Behind one address there may be a town: a mobile operator's network, a hospital, the computer at a counter.
So the misses of an address fade, one every half a minute, and only who misses faster than that for long
waits, a minute at most; people who mistype now and then never shut the door for the others.

What anybody may do and the site pays for, beginning applications and sending files, has a share for each
address in each hour of the clock. It is ample, for the same reason.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils.crypto import salted_hmac

from ..models.alerts import LookupThrottle


@dataclass(frozen=True, slots=True)
class Limit:
    """`free` misses without a wait, then `first`, doubled each time up to `longest`.

    One miss is forgotten every `fades`.
    """

    free: int
    first: timedelta
    longest: timedelta
    fades: timedelta

    def wait(self, misses: int) -> timedelta:
        beyond = misses - self.free
        if beyond <= 0:
            return timedelta(0)
        return min(self.longest, self.first * 2 ** min(beyond - 1, 16))

    @property
    def most(self) -> int:
        """As many misses as have the longest wait; more are not counted, or they would fade for days."""
        return self.free + 1 + math.ceil(math.log2(self.longest / self.first))

    def count(self, row: LookupThrottle, at: datetime) -> None:
        """Add a miss to what has not faded yet, and set the wait that follows from it."""
        faded = max(0, (at - row.last_miss_at) // self.fades)
        if faded >= row.misses:
            row.misses, row.last_miss_at = 0, at
        else:
            # Not `at`: tries just faster than misses fade would keep all of them for ever.
            row.misses -= faded
            row.last_miss_at += faded * self.fades
        row.misses = min(row.misses + 1, self.most)
        wait = self.wait(row.misses)
        row.blocked_until = at + wait if wait else None


ADDRESS = Limit(60, timedelta(seconds=5), timedelta(minutes=1), timedelta(seconds=30))
REFERENCE = Limit(3, timedelta(seconds=5), timedelta(minutes=1), timedelta(minutes=20))


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
            limits[row.key].count(row, at)
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
