"""PDF files that show one object under two roles, and pictures in them that say more than they show."""

import io

import pikepdf
import pytest
from PIL import Image

from tests.intake.malformed import MARK, encoded, picture, zeros
from tests.intake.raw_pdf import flate, pdf_of
from transfers.intake.cleaning import Unclean, clean

PAGE = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Contents 4 0 R /Resources %s >>"
BY_NAME = [b"<< /Font << /F << /Type /Font /Subtype /Type3 /CharProcs 4 0 R >> >> >>",
           b"<< /ColorSpace << /C [/DeviceN [/A] /DeviceRGB 4 0 R << /Colorants 4 0 R >>] >> >>",
           b"<< /XObject 4 0 R >>", b"4 0 R"]  # fmt: skip


def first_as_names(resources: bytes, head: bytes, data: bytes) -> bytes:
    """A file whose content is first met where names of its own would stand."""
    head = head.replace(b"<<", b"<< /Length %d" % len(data), 1)
    return pdf_of({3: PAGE % resources, 4: head}, {4: data})


@pytest.mark.parametrize("resources", BY_NAME)
def test_a_stream_is_weighed_wherever_it_is_met_first(resources: bytes) -> None:
    packed = first_as_names(resources, b"<< /Filter /FlateDecode >>", zeros(900))
    with pytest.raises(Unclean):
        clean(packed)


@pytest.mark.parametrize("resources", BY_NAME)
def test_a_streams_own_words_go_wherever_it_is_met_first(resources: bytes) -> None:
    head = b"<< /Filter /FlateDecode /OPI (%s) >>" % MARK
    kept = clean(first_as_names(resources, head, flate(b"0 0 m 9 9 l S")))
    with pikepdf.open(io.BytesIO(kept.content)) as made:
        assert "/OPI" not in made.pages[0].Contents


def test_a_dictionary_of_names_that_is_also_a_font_loses_what_a_font_may_not_have() -> None:
    fonts = b"<< /Font << /A 5 0 R /Z << /Type /Font /CharProcs 5 0 R >> >> >>"
    kept = clean(pdf_of({3: PAGE % fonts, 5: b"<< /Type /Font /Metadata (%s) >>" % MARK}))
    with pikepdf.open(io.BytesIO(kept.content)) as made:
        assert "/Metadata" not in made.pages[0].Resources.Font.A


def box(kind: bytes, body: bytes) -> bytes:
    return (8 + len(body)).to_bytes(4, "big") + kind + body


@pytest.mark.parametrize("bare", [False, True])
def test_a_picture_in_jpeg_2000_says_no_more_than_it_shows(bare: bool) -> None:
    options = {"no_jp2": True} if bare else {}
    picture_ = encoded(picture(), "JPEG2000", comment=MARK, **options)
    sent = picture_
    if not bare:
        sent = picture_[:12] + box(b"uuid", MARK) + picture_[12:] + box(b"xml ", MARK)
    assert MARK in sent
    image = (
        b"<< /Type /XObject /Subtype /Image /Width 96 /Height 64 /BitsPerComponent 8"
        b" /ColorSpace /DeviceRGB /Filter /JPXDecode /Length %d >>" % len(sent)
    )
    kept = clean(pdf_of({3: PAGE % b"<< /XObject << /I 6 0 R >> >>", 6: image}, {6: sent}))
    with pikepdf.open(io.BytesIO(kept.content)) as made:
        raw = made.pages[0].Resources.XObject.I.read_raw_bytes()
    assert MARK not in raw
    with Image.open(io.BytesIO(raw)) as shown, Image.open(io.BytesIO(picture_)) as before:
        assert shown.tobytes() == before.tobytes()


def test_a_picture_that_would_grow_over_the_limit_is_kept_not_so_fine() -> None:
    noise = Image.effect_noise((4000, 4000), 120).convert("RGB")
    sent = encoded(noise, "JPEG", quality=60)
    assert len(sent) < 10 << 20
    kept = clean(sent)
    assert len(kept.content) <= 10 << 20
