"""What a sheet is made of: blocks that page and PDF each know how to show."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fact:
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Labels with values, two columns where there is room."""

    rows: tuple[Fact, ...]
    heading: str = ""
    kind: str = "facts"


@dataclass(frozen=True, slots=True)
class Table:
    """`numeric`: which columns hold figures and stand to the right.

    `shares`: how the columns of the PDF divide its width; 0 is as wide as what stands in it.
    """

    heading: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    foot: tuple[str, ...]
    numeric: tuple[bool, ...]
    shares: tuple[float, ...]
    kind: str = "table"

    @property
    def heads(self) -> list[tuple[str, bool]]:
        """The heads with whether their column holds figures."""
        return list(zip(self.head, self.numeric, strict=True))

    @property
    def cells(self) -> list[list[tuple[str, str, bool]]]:
        """Each row as head, value and whether it is a figure: the head is for a screen too narrow."""
        return [list(zip(self.head, row, self.numeric, strict=True)) for row in self.rows]

    @property
    def feet(self) -> list[tuple[str, str, bool]]:
        """The foot in the same way; only figures have a head."""
        columns = zip(self.head, self.foot, self.numeric, strict=True)
        return [(head if figure and text else "", text, figure) for head, text, figure in columns]


@dataclass(frozen=True, slots=True)
class Text:
    heading: str
    paragraphs: tuple[str, ...]
    kind: str = "text"


@dataclass(frozen=True, slots=True)
class Items:
    heading: str
    items: tuple[str, ...]
    kind: str = "items"


@dataclass(frozen=True, slots=True)
class Quote:
    """Words that somebody of an office wrote, in whatever language."""

    by: str
    text: str
    kind: str = "quote"


@dataclass(frozen=True, slots=True)
class Amount:
    """Money in figures and in Chinese capitals."""

    label: str
    figures: str
    capitals: str
    kind: str = "amount"


Block = Facts | Table | Text | Items | Quote | Amount
Body = tuple[str, list[Block]]  # the lead, and what stands under it
