"""Pictures, decoded and drawn anew."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO

from PIL import Image, JpegImagePlugin, PngImagePlugin  # noqa: F401 - the two that may be opened

from . import jpeg, png
from .verdict import MAX_BYTES, Clean, Unclean, Why

# What fits into the memory twice, at four bytes a pixel: once as it is, once turned or flattened.
# A telephone's photograph has 12 million. A JPEG may have more, since it can be read at a half, a
# quarter or an eighth of its size.
MAX_PIXELS = 16_500_000
MAX_JPEG_PIXELS = 120_000_000
MAX_SIDE = 20_000
LARGE = 4_000_000  # pixels, above which packing a PNG tightly takes seconds

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@contextmanager
def _reading() -> Iterator[None]:
    """Whatever a decoder stumbles over, the file is damaged; it must not be said how."""
    try:
        yield
    except (Unclean, MemoryError, RecursionError):
        raise
    except Exception as error:
        raise Unclean(Why.DAMAGED) from error


def redrawn(content: bytes, kind: str) -> Clean:
    """The picture upright, in plain colours, with nothing beside it. `kind` is JPEG or PNG."""
    Image.MAX_IMAGE_PIXELS = None  # ours are told apart below, before anything is decoded
    with _reading():
        turn = _turn(content) if kind == "JPEG" else None
        bare = jpeg.stripped(content) if kind == "JPEG" else png.stripped(content)
        image = Image.open(BytesIO(bare), formats=[kind])
        shrunk = _fit(image, kind)
        try:
            image.load()
        except OSError as error:
            # A decoder short of memory calls the file broken.
            raise Unclean(Why.PIXELS if shrunk else Why.DAMAGED) from error
        plain = _plain(image)
        del image
        if turn is not None:
            plain = plain.transpose(turn)
        plain.info = {}
    return _written(plain, kind)


def _turn(content: bytes) -> Image.Transpose | None:
    """How the camera was held; upright, if what it says cannot be read."""
    block = Image.Exif()
    try:
        block.load(jpeg.exif(content))
        return _TURNS.get(block.get(jpeg.ORIENTATION, 1))
    except Exception:  # noqa: BLE001 - of no consequence, and raised for whatever is wrong in it
        return None


def _fit(image: Image.Image, kind: str) -> bool:
    """Refuse what is too large by what it says of itself; read a large JPEG at a part of its size."""
    width, height = image.size
    most = MAX_JPEG_PIXELS if kind == "JPEG" else MAX_PIXELS
    if width * height > most or max(width, height) > MAX_SIDE:
        raise Unclean(Why.PIXELS)
    for part in (1, 2, 4, 8):
        if (width // part) * (height // part) <= MAX_PIXELS:
            if part > 1:
                image.draft(None, (width // part, height // part))
            return part > 1
    raise Unclean(Why.PIXELS)


def _plain(image: Image.Image) -> Image.Image:
    """In black and white, grey or RGB; what is clear becomes white."""
    if image.mode.startswith("I"):
        return image.convert("I").point(lambda value: value / 256).convert("L")
    if image.has_transparency_data:
        if image.mode != "RGBA":
            image = image.convert("RGBA")
        paper = Image.new("RGB", image.size, "white")
        paper.paste(image, mask=image)
        return paper
    if image.mode in ("1", "L", "RGB"):
        return image
    return image.convert("RGB")


def _written(image: Image.Image, kind: str) -> Clean:
    target = BytesIO()
    if kind == "PNG":
        image.save(target, "PNG", compress_level=6 if _pixels(image) < LARGE else 2)
        if target.tell() > MAX_BYTES:  # a photograph, which PNG makes large
            return _written(image, "JPEG")
        _check_png(target.getvalue())
        return Clean(target.getvalue(), "image/png", 1)
    if image.mode == "1":
        image = image.convert("L")
    for quality in (88, 60):
        target = BytesIO()
        image.save(target, "JPEG", quality=quality)
        if target.tell() <= MAX_BYTES:
            break
    else:
        raise Unclean(Why.SIZE)
    _check_jpeg(target.getvalue())
    return Clean(target.getvalue(), "image/jpeg", 1)


def _pixels(image: Image.Image) -> int:
    return image.width * image.height


def _check_jpeg(content: bytes) -> None:
    """What was written holds a picture and nothing else."""
    parts = list(jpeg.segments(content))
    if any(jpeg.is_metadata(marker) for marker, _part in parts) or parts[-1][0] != 0xD9:
        raise Unclean(Why.COMPLEX)
    if sum(len(part) for _marker, part in parts) != len(content):
        raise Unclean(Why.COMPLEX)


def _check_png(content: bytes) -> None:
    parts = list(png.chunks(content))
    kinds = [kind for kind, _part in parts]
    if not set(kinds) <= set(png.KEPT):
        raise Unclean(Why.COMPLEX)
    if sum(len(part) for _kind, part in parts) + len(png.SIGNATURE) != len(content):
        raise Unclean(Why.COMPLEX)
