"""Which counts of a published table are withheld, so that nobody can be read out of it.

A table is a tree of places: a total and its parts, each part perhaps a total itself. Small counts are
withheld, and as many others as it takes that no withheld count follows from what is shown: not by
subtracting the shown parts from their total, nor because everything withheld must be at its smallest
or greatest. The sum of a period is published only where every part of it is, so it tells nothing new.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

# Below this a count is withheld, and what was measured of so few with it: somebody who knows one
# person of nine would learn too much about the others, and a share of nine people says nothing of an
# office. Ten is what health statistics of small places usually ask for.
FEWEST = 10

_BOUNDLESS = 10**15  # more than any count


class Withheld(StrEnum):
    """Why a count is not shown, which is also all a reader is told of it."""

    NO = ""
    SMALL = "small"  # 1 … FEWEST - 1
    OTHER = "other"  # 1 or more: withheld to protect another


@dataclass(frozen=True, slots=True)
class Range:
    """The counts a withheld one may be, as far as anybody can work out."""

    least: int
    most: int

    @property
    def is_known(self) -> bool:
        return self.least == self.most


def shows_sum(withheld: Iterable[Withheld]) -> bool:
    """Whether the sum of these counts may be shown: only if each of them is."""
    return not any(withheld)


def withhold(counts: Mapping[str, int], parts: Mapping[str, Sequence[str]]) -> dict[str, Withheld]:
    """For each place with a count, whether it is shown.

    `parts`: the places each total is the sum of. A place without a count has none, and that is shown.
    Errors: ValueError for a negative count or a total that is not the sum of its parts.
    """
    given = {place: n for place, n in counts.items() if n}
    tree = {
        total: [part for part in of if part in given]
        for total, of in parts.items()
        if total in given
    }
    for total, of in parts.items():
        if counts.get(total, 0) != sum(counts.get(part, 0) for part in of):
            raise ValueError(f"{total} is not the sum of its parts")
    if any(n < 0 for n in given.values()):
        raise ValueError("a count below nought")
    told = {place: Withheld.SMALL if n < FEWEST else Withheld.NO for place, n in given.items()}
    while known := [place for place, found in ranges(given, tree, told).items() if found.is_known]:
        _cover(known, given, tree, told)
    return told


def ranges(
    counts: Mapping[str, int], parts: Mapping[str, Sequence[str]], told: Mapping[str, Withheld]
) -> dict[str, Range]:
    """What each withheld count can be, for somebody who reads the whole table.

    Bounds are passed between a total and its parts until nothing changes; on a tree that is exact.
    """
    found = {
        place: Range(1, FEWEST - 1 if why is Withheld.SMALL else _BOUNDLESS)
        for place, why in told.items()
        if why
    }
    sums = [
        (total, [part for part in of if part in counts])
        for total, of in parts.items()
        if total in counts
    ]
    changed = True
    while changed:
        changed = False
        for total, of in sums:
            for place, narrowed in _narrowed(total, of, counts, found):
                if narrowed != found[place]:
                    found[place] = narrowed
                    changed = True
    return found


def _narrowed(
    total: str, of: Sequence[str], counts: Mapping[str, int], found: Mapping[str, Range]
) -> Iterator[tuple[str, Range]]:
    """The ranges of one sum's withheld members, by what the others leave for each."""
    whole = found.get(total, Range(counts[total], counts[total]))
    each = {part: found.get(part, Range(counts[part], counts[part])) for part in of}
    least = sum(one.least for one in each.values())
    most = sum(one.most for one in each.values())
    if total in found:
        yield total, Range(max(whole.least, least), min(whole.most, most))
    for part, one in each.items():
        if part in found:
            yield (
                part,
                Range(
                    max(one.least, whole.least - (most - one.most)),
                    min(one.most, whole.most - (least - one.least)),
                ),
            )


def _cover(
    known: Sequence[str],
    counts: Mapping[str, int],
    parts: Mapping[str, Sequence[str]],
    told: dict[str, Withheld],
) -> None:
    """Withhold one more count that keeps one of these from following: the smallest that does."""
    above = {part: total for total, of in parts.items() for part in of}

    def smallest(places: Iterable[str]) -> str | None:
        shown = [(counts[place], place) for place in places if not told[place]]
        return min(shown)[1] if shown else None

    for place in known:
        total = above.get(place)
        other = smallest(parts[total]) if total else None
        if other is None and total is not None and not told[total]:
            other = total
        if other is None:
            other = smallest(parts.get(place, ()))
        if other is not None:
            told[other] = Withheld.OTHER
            # A total follows from its parts, unless one of them is withheld, too.
            while not any(told[part] for part in parts.get(other, ())):
                part = smallest(parts.get(other, ()))
                if part is None:
                    return
                told[part] = Withheld.OTHER
                other = part
            return
    # Everything around is withheld already: say less of the uppermost that still says “few”.
    small = next(total for total in (*_upwards(known[0], above), *known) if told[total] == "small")
    told[small] = Withheld.OTHER


def _upwards(place: str, above: Mapping[str, str]) -> list[str]:
    """The totals a place counts towards, the uppermost first."""
    way: list[str] = []
    while place in above:
        place = above[place]
        way.insert(0, place)
    return way
