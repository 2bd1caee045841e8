"""PDF files, built anew from what their pages draw. Source: ISO 32000-2.

Nothing of the old file's catalogue is taken along, and of a page only its size, its content and what
that draws with, key by key. So scripts, actions, attachments, forms, links, layers, references to other
files and metadata are gone because nobody copied them, not because somebody found them.
"""

import zlib
from io import BytesIO

import pikepdf
from pikepdf import Name, Page, Pdf

from . import jpeg, jpx
from .verdict import MAX_BYTES, MAX_PAGES, Clean, Unclean, Why

MAX_OBJECTS = 30_000
MAX_UNPACKED = 300_000_000  # bytes of all streams together; a viewer has to hold what it shows
MAX_IMAGE_PIXELS = 120_000_000
MAX_COLUMNS = 100_000  # of a packed picture; a viewer makes room for them before it reads any
MAX_SIDE = 14_400  # points; what a PDF may be at most
_BUFFER = 64 * 1024 * 1024

_LIMITS = {
    "parser_max_nesting": 60,
    "parser_max_errors": 20,
    "max_stream_filters": 4,
    "doc_max_warnings": 100,
    "dct_max_memory": _BUFFER,
    "flate_max_memory": _BUFFER,
    "png_max_memory": _BUFFER,
    "run_length_max_memory": _BUFFER,
    "tiff_max_memory": _BUFFER,
}

_PAGE = frozenset(
    {
        "/Type", "/Parent", "/MediaBox", "/CropBox", "/Rotate", "/UserUnit", "/Resources",
        "/Contents", "/Group",
    }
)  # fmt: skip
_RESOURCES = frozenset(
    {"/ColorSpace", "/ExtGState", "/Font", "/Pattern", "/ProcSet", "/Shading", "/XObject"}
)
# Values whose keys are names the file chose, not words of the format.
_MAPS = frozenset({"/CharProcs", "/Colorants"})
_WORDS_OF = {
    "streams": "Type Subtype Name Length Filter DecodeParms Predictor Colors Columns EarlyChange K "
    "EndOfLine EncodedByteAlign Rows EndOfBlock BlackIs1 DamagedRowsBeforeError JBIG2Globals "
    "ColorTransform",
    "images": "Width Height ColorSpace BitsPerComponent Intent ImageMask Mask Decode Interpolate "
    "SMask SMaskInData Matte",
    "groups": "FormType BBox Matrix Resources Group S CS I",
    "fonts": "BaseFont FirstChar LastChar Widths FontDescriptor Encoding ToUnicode DescendantFonts "
    "CIDSystemInfo DW W DW2 W2 CIDToGIDMap CharProcs FontBBox FontMatrix BaseEncoding Differences "
    "CMapName WMode UseCMap Registry Ordering Supplement FontName FontFamily FontStretch "
    "FontWeight Flags ItalicAngle Ascent Descent Leading CapHeight XHeight StemV StemH AvgWidth "
    "MaxWidth MissingWidth FontFile FontFile2 FontFile3 CharSet CIDSet Length1 Length2 Length3",
    "colours": "WhitePoint BlackPoint Gamma N Alternate Range Colorants Process Components",
    "functions": "FunctionType Domain Size BitsPerSample Order Encode C0 C1 Functions Bounds",
    "patterns": "ShadingType Background AntiAlias Function Coords Extend BitsPerCoordinate "
    "BitsPerFlag VerticesPerRow PatternType PaintType TilingType XStep YStep Shading ExtGState",
    "states": "LW LC LJ ML D RI OP op OPM Font BG BG2 UCR UCR2 TR TR2 FL SM SA BM CA ca AIS TK "
    "UseBlackPtComp G BC",
}
_WORDS = frozenset(f"/{word}" for words in _WORDS_OF.values() for word in words.split())

_FLATE = frozenset({"/FlateDecode", "/Fl"})
_DCT = frozenset({"/DCTDecode", "/DCT"})
_GENERAL = _FLATE | {
    "/LZWDecode", "/LZW", "/ASCII85Decode", "/A85", "/ASCIIHexDecode", "/AHx",
    "/RunLengthDecode", "/RL",
}  # fmt: skip
_JPX = frozenset({"/JPXDecode"})
_PICTURES = _DCT | _JPX | {"/CCITTFaxDecode", "/CCF", "/JBIG2Decode"}


def rebuilt(content: bytes) -> Clean:
    """The pages, written anew. Raises Unclean for what is damaged, needs a password or never ends."""
    pikepdf.settings.set_qpdf_limits(**_LIMITS)
    try:
        written, pages = _rebuilt(content)
        _check(written, pages)
    except (Unclean, MemoryError, RecursionError):
        raise
    except Exception as error:
        raise Unclean(Why.DAMAGED) from error
    return Clean(written, "application/pdf", pages)


def _rebuilt(content: bytes) -> tuple[bytes, int]:
    # A file that lost its end may still open, without the pages that were in it.
    whole = b"%%EOF" in content[-1024:]
    with (
        pikepdf.open(BytesIO(content), suppress_warnings=True, attempt_recovery=whole) as source,
        pikepdf.new() as target,
    ):
        if "/AcroForm" in source.Root:
            # What was filled in, and seals, are drawn as part of their page.
            source.generate_appearance_streams()
        source.flatten_annotations("screen")
        for page in source.pages:
            if len(target.pages) == MAX_PAGES:
                raise Unclean(Why.PAGES)
            target.pages.append(page)
        if not len(target.pages):
            raise Unclean(Why.DAMAGED)
        _Filter(target).run()
        buffer = BytesIO()
        target.save(
            buffer,
            deterministic_id=True,
            compress_streams=True,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
        )
        if buffer.tell() > MAX_BYTES:
            raise Unclean(Why.SIZE)
        return buffer.getvalue(), len(target.pages)


def _check(written: bytes, pages: int) -> None:
    """Read the result as a stranger's file: there must be nothing left to take out."""
    with pikepdf.open(BytesIO(written), suppress_warnings=True, attempt_recovery=False) as result:
        filtered = _Filter(result, packed=False)
        filtered.run()
        if (
            filtered.removed
            or result.is_encrypted
            or len(result.pages) != pages
            or set(result.Root.keys()) != {"/Type", "/Pages"}
            or "/Info" in result.trailer
        ):
            raise Unclean(Why.COMPLEX)


class _Filter:
    """Takes out of a file's pages whatever is not in the lists above."""

    def __init__(self, pdf: Pdf, *, packed: bool = True) -> None:
        self.pdf = pdf
        self.removed = 0
        self._packed = packed  # whether streams are looked into
        # The same object may be met as names of its own and as words; it has to be right as both.
        self._seen: set[tuple[tuple[int, int], str]] = set()
        self._left = MAX_UNPACKED

    def run(self) -> None:
        for page in self.pdf.pages:
            self._page(page)

    def _page(self, page: Page) -> None:
        box = [abs(float(side)) for side in page.mediabox]
        if len(box) != 4 or max(box) > MAX_SIDE:
            raise Unclean(Why.COMPLEX)
        self._keep(page.obj, _PAGE)
        for key, role in (("/Resources", "resources"), ("/Contents", "words"), ("/Group", "words")):
            if key in page.obj:
                self._walk(page.obj[key], role)

    def _keep(self, holder: pikepdf.Object, words: frozenset[str]) -> None:
        for key in [key for key in holder.keys() if key not in words]:  # noqa: SIM118
            del holder[key]
            self.removed += 1

    def _walk(self, first: pikepdf.Object, role: str) -> None:
        stack = [(first, role)]
        while stack:
            value, role = stack.pop()
            if not isinstance(value, pikepdf.Object):
                continue  # a number
            if isinstance(value, pikepdf.Stream):
                role = "words"  # wherever it stands, its keys are the format's
            if value.is_indirect:
                if (value.objgen, role) in self._seen:
                    continue
                self._seen.add((value.objgen, role))
                if len(self._seen) > MAX_OBJECTS:
                    raise Unclean(Why.COMPLEX)
            if isinstance(value, pikepdf.Array):
                stack += [(each, "words") for each in value if isinstance(each, pikepdf.Object)]
            elif isinstance(value, (pikepdf.Dictionary, pikepdf.Stream)):
                stack += self._members(value, role)

    def _members(self, holder: pikepdf.Object, role: str) -> list[tuple[pikepdf.Object, str]]:
        if role == "resources":
            self._keep(holder, _RESOURCES)
        elif role == "words":
            if isinstance(holder, pikepdf.Stream):
                self._stream(holder)
            self._keep(holder, _WORDS)
        members = []
        for key, value in list(holder.items()):
            if not isinstance(value, pikepdf.Object):
                continue
            inner = "words"
            if role == "resources" and isinstance(value, pikepdf.Dictionary):
                inner = "map"
            elif role == "words" and key == "/Resources":
                inner = "resources"
            elif role == "words" and key in _MAPS:
                inner = "map"
            members.append((value, inner))
        return members

    def _stream(self, stream: pikepdf.Stream) -> None:
        """Refuse what no viewer should have to unpack; strip pictures of their metadata."""
        if stream.get("/Subtype") == Name.PS:
            raise Unclean(Why.COMPLEX)
        if stream.get("/Subtype") == Name.Image:
            pixels = int(stream.get("/Width", 0)) * int(stream.get("/Height", 0))
            if not 0 < pixels <= MAX_IMAGE_PIXELS:
                raise Unclean(Why.PIXELS)
        filters = _names(stream.get("/Filter"))
        if set(filters) - _GENERAL - _PICTURES or set(filters[:-1]) & _PICTURES:
            raise Unclean(Why.DAMAGED)
        if any(int(each.get("/Columns", 1)) > MAX_COLUMNS for each in _parms(stream)):
            raise Unclean(Why.COMPLEX)
        if not self._packed or not filters:
            return
        if filters[-1] in _DCT:
            picture = jpeg.stripped(self._unpacked(stream, filters))
            transform = _colour_transform(stream)
            stream.write(picture, filter=Name.DCTDecode, decode_parms=transform)
        elif filters[-1] in _JPX:
            stream.write(jpx.stripped(self._unpacked(stream, filters)), filter=Name.JPXDecode)
        elif set(filters) <= _FLATE:
            self._inflate(stream, filters)
        elif set(filters) <= _GENERAL:
            self._spend(len(stream.read_bytes()))

    def _unpacked(self, stream: pikepdf.Stream, filters: list[str]) -> bytes:
        """A picture without the filters around its own."""
        content = stream.read_raw_bytes()
        if len(filters) > 1:
            inner = self.pdf.make_stream(content)
            inner.Filter = pikepdf.Array([Name(each) for each in filters[:-1]])
            content = inner.read_bytes()
            self._spend(len(content))
        return content

    def _inflate(self, stream: pikepdf.Stream, filters: list[str]) -> None:
        """Count what comes out, a piece at a time; drop what stands behind the packed data."""
        content = stream.read_raw_bytes()
        for number, _each in enumerate(filters):
            unpack = zlib.decompressobj()
            pieces = []
            rest = content
            while rest and not unpack.eof:
                piece = unpack.decompress(rest, 1 << 20)
                rest = unpack.unconsumed_tail
                self._spend(len(piece))
                if len(filters) > 1:
                    pieces.append(piece)
            if number == 0 and unpack.unused_data:
                kept = content[: -len(unpack.unused_data)]
                parms = stream.get("/DecodeParms")
                stream.write(kept, filter=stream.Filter, decode_parms=parms)
            content = b"".join(pieces)

    def _spend(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise Unclean(Why.COMPLEX)


def _names(value: pikepdf.Object | None) -> list[str]:
    if value is None:
        return []
    return [str(each) for each in value] if isinstance(value, pikepdf.Array) else [str(value)]


def _parms(stream: pikepdf.Stream) -> list[pikepdf.Object]:
    """The parameters of the filters that have any."""
    given = stream.get("/DecodeParms")
    each = list(given) if isinstance(given, pikepdf.Array) else [given]
    return [parms for parms in each if isinstance(parms, pikepdf.Dictionary)]


def _colour_transform(stream: pikepdf.Stream) -> pikepdf.Dictionary | None:
    for parms in _parms(stream):
        if "/ColorTransform" in parms:
            return pikepdf.Dictionary(ColorTransform=int(parms.ColorTransform))
    return None
