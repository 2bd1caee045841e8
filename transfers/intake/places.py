"""Naming a place: what somebody typed, and the pools it can mean. One way for every form.

A list of every pool is some 400 lines to scroll on a phone, and as many nodes in the page. A name is
typed in a moment, and the table of regions knows it in Chinese, in English and in pinyin. What is not
the name of one pool alone is asked about: the pools that it can mean are offered below it.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from ..models.regions import NATION, Region

LONGEST = 100  # characters of a name that are looked at
_CODE = re.compile(r"[0-9]{6}")
_SEPARATORS = re.compile(r"[\W_]+")
# What a division is called behind its name; nobody says it, or says it otherwise.
_KIND = re.compile(r"(?<=..)(?:市|省|地区|盟|林区|县)$")
_AUTONOMOUS = re.compile(
    r"(?<=..)(?:(?:朝鲜|土家|苗|藏|羌|彝|布依|侗|哈尼|壮|傣|白|景颇|傈僳|回|蒙古|黎)族|蒙古|柯尔克孜|哈萨克"
    r"|维吾尔)*自治[州区县]$"
)
_OWN = "本级"
_KIND_EN = re.compile(r"(?<=...)(?:city|province|municipality|prefecture)$")
# So much of the beginning of a name is enough to ask which one is meant.
_BEGINNING_ZH, _BEGINNING_EN = 2, 3


@dataclass(frozen=True, slots=True)
class Meant:
    """The pools that a text can mean, by code. `sure`: it names one pool and nothing else."""

    pools: tuple[str, ...] = ()
    sure: bool = False


class Names:
    """Every spelling of every place, with the pools it stands for. One query."""

    def __init__(self) -> None:
        fields = ("code", "parent_id", "is_pool", "name_zh", "name_en")
        rows = list(Region.objects.order_by("code").values_list(*fields))
        self.pools: dict[str, set[str]] = {code: set() for code, *_rest in rows}
        for code, parent, is_pool, *_names in rows:
            if is_pool:
                for above in (code, parent):
                    if above is not None and above != NATION:
                        self.pools[above].add(code)
        # A part of a pool stands for the pool, but has to be asked about.
        self._parts = set()
        for code, parent, *_rest in rows:
            if not self.pools[code] and parent in self.pools[parent or NATION]:
                self.pools[code].add(parent)
                self._parts.add(code)
        self._places: dict[str, set[str]] = defaultdict(set)
        spelled = {code: _spelled(zh, en) for code, _p, _is, zh, en in rows if code != NATION}
        parents = {code: parent for code, parent, *_rest in rows}
        for code, (zh, en) in spelled.items():
            before = spelled.get(parents[code] or "")
            for spelling in _with_province(zh, en, *before) if before else zh | en:
                self._places[spelling].add(code)

    def exactly(self, text: str) -> set[str]:
        """The places of which this is a name, pools or not, by code."""
        spelling = _plain(text)
        return self._places.get(spelling) or self._places.get(_KIND_EN.sub("", spelling), set())

    def meant(self, text: str) -> Meant:
        """The pools that somebody can mean who typed this."""
        spelling = _plain(text[:LONGEST])
        if _CODE.match(spelling):  # "350500", "350500 泉州市"
            return self._of({spelling[:6]} & self.pools.keys())
        if places := self.exactly(spelling):
            return self._of(places)
        return Meant(self._of(self._nearly(spelling)).pools)

    def _of(self, places: set[str]) -> Meant:
        pools = {pool for place in places for pool in self.pools[place]}
        return Meant(tuple(sorted(pools)), len(pools) == 1 and not places & self._parts)

    def _nearly(self, spelling: str) -> set[str]:
        """The places of the longest name that it begins with (a part of them was meant, or more was
        said), or else those whose name begins with it."""
        for length in range(len(spelling) - 1, 1, -1):
            if places := self._places.get(spelling[:length]):
                return places
        least = _BEGINNING_EN if spelling.isascii() else _BEGINNING_ZH
        if len(spelling) < least:
            return set()
        return {
            place
            for known, places in self._places.items()
            if known.startswith(spelling)
            for place in places
        }


def _spelled(name_zh: str, name_en: str) -> tuple[set[str], set[str]]:
    """Its Chinese and its English names, with and without what kind of place it is."""
    name, en = _plain(name_zh), _plain(name_en)
    zh = {name, _KIND.sub("", name)}
    if name.endswith(("自治州", "自治区", "自治县")):
        short = _AUTONOMOUS.sub("", name)
        zh |= {short, short + name[-1]}
    return zh, {en, _KIND_EN.sub("", en)}


def _with_province(
    zh: set[str], en: set[str], province_zh: set[str], province_en: set[str]
) -> Iterator[str]:
    yield from zh
    yield from en
    for first in province_zh:
        yield from (first + name for name in zh)
        # The province's own pool is called by the province's whole name: 福建省本级.
        if any(name.endswith(_OWN) for name in zh):
            yield first + _OWN
    for first in province_en:
        yield from (first + name for name in en)
        yield from (name + first for name in en)


def _plain(text: str) -> str:
    """Without what is written in one way or another: width, capitals, accents, spaces, marks."""
    if text.isascii():
        return _SEPARATORS.sub("", text).lower()
    parts = unicodedata.normalize("NFKD", text).casefold()
    return _SEPARATORS.sub("", "".join(each for each in parts if not unicodedata.combining(each)))


def place_of(code: str) -> Region | None:
    """The pool with this code."""
    if not _CODE.fullmatch(code):
        return None
    return Region.objects.select_related("parent").filter(pk=code, is_pool=True).first()


class PlaceInput(forms.TextInput):
    """A line to type in, and below it the pools that can be meant, where that is not clear.

    The offered pools are sent under the same name after what was typed, and count only as long as
    that still can mean them.
    """

    _names: Names | None = None  # a form asks several times

    def __deepcopy__(self, memo: dict[int, Any]) -> PlaceInput:
        copied: PlaceInput = super().__deepcopy__(memo)
        copied._names = None  # what another form read may have changed since
        return copied

    def meant(self, text: str) -> Meant:
        if self._names is None:
            self._names = Names()
        return self._names.meant(text)

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> str:
        """The code of a pool that is named for sure or was chosen; otherwise what was typed."""
        sent = data.getlist(name) if hasattr(data, "getlist") else [data.get(name)]
        typed, *chosen = [str(each or "").strip()[:LONGEST] for each in sent] or [""]
        if not typed or (_CODE.fullmatch(typed) and not chosen):
            return typed
        meant = self.meant(typed)
        if meant.sure:
            return meant.pools[0]
        return next((each for each in chosen if each in meant.pools), typed)

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        typed = str(value or "")
        place = place_of(typed)
        meant = Meant() if place or not typed else self.meant(typed)
        pools = () if meant.sure else meant.pools
        line = super().render(name, place.full_name if place else typed, attrs, renderer)
        offered = Region.objects.filter(pk__in=pools).select_related("parent")
        context = {
            "line": line,
            "name": name,
            "id": (attrs or {}).get("id", name),
            "offered": offered,
        }
        return render_to_string("public/place.html", context)


class PlaceField(forms.Field):
    """A pool, by its code. It is typed by name, in either language, with its province or without."""

    widget = PlaceInput
    default_error_messages = {
        "unknown": _(
            "“%(question)s”: this place is not known. Enter the city, or only the province: then"
            " its places are offered to choose from."
        ),
        "several": _("“%(question)s”: several places can be meant. Choose one of those below."),
        "near": _("“%(question)s”: do you mean the place below? Choose it, or enter another one."),
    }

    def __init__(self, label: Any, missing: Any, help_text: Any = "") -> None:
        super().__init__(
            label=label,
            error_messages={"required": missing},
            help_text=help_text or _("Enter the city, such as Quanzhou, or only the province."),
            widget=PlaceInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        )

    def to_python(self, value: Any) -> str:
        text = str(value or "")
        if not text or place_of(text):
            return text
        assert isinstance(self.widget, PlaceInput)
        found = len(self.widget.meant(text).pools)
        code = "several" if found > 1 else "near" if found else "unknown"
        # Two such questions stand on one page; the sentence in its summary says which it is about.
        question = str(self.label).rstrip("?？")
        raise forms.ValidationError(
            self.error_messages[code], code=code, params={"question": question}
        )
