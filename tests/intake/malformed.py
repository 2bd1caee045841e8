"""Files as nobody should send them, made anew each time from a seed: what they are and what is due.

`MARK` stands wherever a file may carry something that is not picture or page.
"""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf
from PIL import Image

from tests.intake.raw_pdf import flate, pdf_of, plain_pdf

MARK = b"MARKERx7Zq"
TEXT = MARK.decode()


@dataclass(frozen=True)
class Bad:
    """`due`: "refused", "clean", or "either" where both are right."""

    name: str
    content: bytes
    due: str = "either"
    file_name: str = "scan.jpg"


Made = Iterator[tuple[str, bytes, str]]


# Good files, to be spoiled


def picture(width: int = 96, height: int = 64, mode: str = "RGB") -> Image.Image:
    grey = Image.linear_gradient("L").resize((width, height))
    if mode in ("L", "1", "I", "I;16", "P"):
        return grey.convert(mode) if mode != "I;16" else Image.new("I;16", (width, height), 30_000)
    colours = Image.merge("RGB", (grey, grey.transpose(Image.Transpose.ROTATE_180), grey))
    return colours.convert(mode)


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def exif(orientation: int = 1) -> bytes:
    """Camera, place and time, each with the mark."""
    block = Image.Exif()
    block[0x010F] = TEXT
    block[0x0112] = orientation
    block[0x9286] = TEXT
    places = block.get_ifd(0x8825)
    places[1], places[2] = "N", (31.0, 14.0, 10.0)
    places[29] = TEXT
    return block.tobytes()


def jpg(**options: object) -> bytes:
    return encoded(picture(), "JPEG", **{"exif": exif(), "comment": MARK, **options})


def png(**options: object) -> bytes:
    return encoded(picture(), "PNG", **options)


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def with_chunk(kind: bytes, body: bytes) -> bytes:
    """A PNG with one more chunk behind its header."""
    whole = png()
    return whole[:33] + chunk(kind, body) + whole[33:]


def bare_png(width: int, height: int, data: bytes, depth: int = 8, colour: int = 0) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def sized_jpg(width: int, height: int, **options: object) -> bytes:
    """A small JPEG that says it is larger."""
    content = encoded(picture(), "JPEG", **options)
    for mark in (b"\xff\xc0", b"\xff\xc2"):
        at = content.find(mark)
        if at > 0:
            return content[: at + 5] + struct.pack(">HH", height, width) + content[at + 9 :]
    raise AssertionError("no frame")


def zeros(megabytes: float, times: int = 1) -> bytes:
    """So many zeros, packed, and packed again; without ever having them in hand."""
    size = int(megabytes * (1 << 20))
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    end = packer.compress(bytes(size % (1 << 20))) + packer.flush()
    checksum = struct.pack(">HH", size % 65_521, 1)
    packed = b"\x78\xda" + block * (size >> 20) + end + checksum
    for _again in range(times - 1):
        packed = zlib.compress(packed, 9)
    return packed


def pdf(change: Callable[[Pdf], None] | None = None, **options: object) -> bytes:
    """A page with a line and a word; `change` spoils it."""
    with Pdf.open(io.BytesIO(plain_pdf())) as made:
        if change is not None:
            change(made)
        buffer = io.BytesIO()
        made.save(buffer, **options)
        return buffer.getvalue()


def archive(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for name in names:
            packed.writestr(name, MARK)
    return buffer.getvalue()


# The families


def _cut(rng: random.Random) -> Made:
    for kind, whole in (("jpg", jpg()), ("png", png()), ("pdf", plain_pdf(3))):
        for number in range(13):
            at = rng.randrange(4, len(whole) - 12)
            due = "either" if kind == "jpg" else "refused"
            yield f"{kind} cut {number} at {at}", whole[:at], due


def _flipped(rng: random.Random) -> Made:
    for kind, whole in (("jpg", jpg()), ("png", png()), ("pdf", plain_pdf(2))):
        for number in range(8):
            spoiled = bytearray(whole)
            for _each in range(rng.choice((1, 3, 40))):
                spoiled[rng.randrange(8, len(spoiled))] = rng.randrange(256)
            yield f"{kind} with wrong bytes {number}", bytes(spoiled), "either"


def _other_kinds(rng: random.Random) -> Made:
    heads = {
        "exe": b"MZ\x90\0", "elf": b"\x7fELF\x02", "svg": b"<svg xmlns='http://www.w3.org/2000/svg'>",
        "html": b"<!doctype html><script>", "php": b"<?php ", "js": b"alert(1)//", "txt": b"text ",
        "rtf": b"{\\rtf1 ", "ole": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "7z": b"7z\xbc\xaf\x27\x1c",
        "gzip": b"\x1f\x8b\x08", "bmp": b"BM", "tiff": b"II*\0", "psd": b"8BPS",
        "heic": b"\0\0\0\x18ftypheic", "heif": b"\0\0\0\x18ftypmif1", "avif": b"\0\0\0\x18ftypavif",
        "mp4": b"\0\0\0\x18ftypisom", "webp": b"RIFF\x24\0\0\0WEBP", "postscript": b"%!PS-Adobe",
    }  # fmt: skip
    for kind, head in heads.items():
        yield f"{kind} that calls itself a photograph", head + MARK + rng.randbytes(2000), "refused"
    yield (
        "gif that moves",
        encoded(picture(), "GIF", save_all=True, append_images=[picture().rotate(90)]),
        "refused",
    )
    yield "zip", archive("a.txt", "../../b.txt"), "refused"
    yield "docx", archive("word/document.xml", "[Content_Types].xml"), "refused"
    yield "noise", rng.randbytes(4000), "refused"


def _two_in_one(_rng: random.Random) -> Made:
    page = b"<html><script>" + MARK + b"</script></html>"
    whole = plain_pdf()
    yield "html before pdf", page + b"\n" + whole, "either"
    yield "html behind pdf", whole + page, "either"
    yield "exe before pdf", b"MZ" + MARK + b"\n" + whole, "either"
    yield "pdf and zip", whole + archive("x.class"), "either"
    yield (
        "html in a comment of pdf",
        whole.replace(b"\n1 0 obj", b"\n%" + page + b"\n1 0 obj", 1),
        "either",
    )
    yield "jpg and php in its comment", jpg(comment=b"<?php " + MARK), "clean"
    yield "jpg and zip", jpg() + archive("x.class"), "clean"
    yield "jpg and html", jpg() + page, "clean"
    yield "jpg and pdf", jpg() + whole, "clean"
    yield "png and zip", png() + archive("x.class"), "clean"
    yield "png and php in its words", with_chunk(b"tEXt", b"Comment\0<?php " + MARK), "clean"
    yield "png and a chunk of its own", with_chunk(b"juNk", page), "clean"


def _large_pictures(_rng: random.Random) -> Made:
    rows = zeros(30_000 * (1 + 30_000 // 8) / (1 << 20))
    yield "png of 30000 by 30000", bare_png(30_000, 30_000, rows, depth=1), "refused"
    yield "png that says 65535 squared", bare_png(65_535, 65_535, zeros(1)), "refused"
    yield "png that says 2 to the 31st", bare_png(2**31 - 1, 2**31 - 1, zeros(1)), "refused"
    yield "png with no width", bare_png(0, 9, zeros(1)), "refused"
    yield "png of 16 by 16 with 400 MB behind it", bare_png(16, 16, zeros(400)), "either"
    yield "png of 25 million", encoded(Image.new("L", (5_000, 5_000)), "PNG"), "refused"
    yield "png long and thin", encoded(Image.new("L", (30_000, 3)), "PNG"), "refused"
    yield "png with a profile of 300 MB", with_chunk(b"iCCP", b"x\0\0" + zeros(300)), "clean"
    yield "png with words of 300 MB", with_chunk(b"zTXt", b"x\0\0" + zeros(300)), "clean"
    yield (
        "png with words of 300 MB in a language",
        with_chunk(b"iTXt", b"x\0\1\0\0\0" + zeros(300)),
        "clean",
    )
    yield (
        "png with 200 frames",
        encoded(
            picture(),
            "PNG",
            save_all=True,
            append_images=[picture().rotate(i) for i in range(1, 200)],
        ),
        "clean",
    )
    yield "jpg that says 65500 squared", sized_jpg(65_500, 65_500), "refused"
    yield "jpg that says 30000 squared", sized_jpg(30_000, 30_000), "refused"
    yield (
        "jpg in scans that says 10000 squared",
        sized_jpg(10_000, 10_000, progressive=True),
        "refused",
    )
    yield (
        "jpg of 36 million, read at a half",
        encoded(Image.new("RGB", (6_000, 6_000), "navy"), "JPEG"),
        "clean",
    )
    scans = encoded(picture(2_000, 2_000), "JPEG", progressive=True)
    at = scans.rfind(b"\xff\xda")
    yield "jpg in 20000 scans", scans[:-2] + scans[at:-2][:400] * 20_000 + b"\xff\xd9", "either"


def _odd_pictures(rng: random.Random) -> Made:
    for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"):
        yield f"png in mode {mode}", encoded(picture(mode=mode), "PNG"), "clean"
    clear = picture(mode="P")
    yield "png with a clear colour", encoded(clear, "PNG", transparency=3), "clean"
    yield (
        "png in 16 bits of three colours",
        bare_png(8, 8, zlib.compress((b"\0" + rng.randbytes(48)) * 8), depth=16, colour=2),
        "clean",
    )
    for mode in ("L", "CMYK", "YCbCr"):
        yield f"jpg in mode {mode}", encoded(picture(mode=mode), "JPEG"), "clean"
    yield "jpg in scans", jpg(progressive=True), "clean"
    for turn in range(1, 9):
        yield f"jpg held the {turn}th way, with its place", jpg(exif=exif(turn)), "clean"
    yield "jpg with a thumbnail", jpg(exif=exif()[:-4] + jpg()[:2000]), "clean"
    yield "jpg with a broken EXIF", jpg(exif=b"Exif\0\0" + rng.randbytes(400) + MARK), "clean"
    yield (
        "jpg with an EXIF that goes in circles",
        jpg(exif=b"Exif\0\0II*\0\x08\0\0\0\x01\0\x69\x87\x04\0\x01\0\0\0\x08\0\0\0\x08\0\0\0"),
        "clean",
    )
    yield "jpg with a profile of noise", jpg(icc_profile=rng.randbytes(60_000) + MARK), "clean"
    yield "jpg with a profile of 2 MB", jpg(icc_profile=MARK + bytes(2 << 20)), "clean"


def _heavy_pdfs(_rng: random.Random) -> Made:
    def content(filters: bytes, data: bytes) -> bytes:
        return pdf_of({4: b"<< /Length %d /Filter %s >>" % (len(data), filters)}, {4: data})

    yield "pdf with 1 GB of content", content(b"/FlateDecode", zeros(1_000)), "refused"
    for times in (2, 3, 4, 6):
        names = b"[" + b"/FlateDecode " * times + b"]"
        yield f"pdf packed {times} times", content(names, zeros(500, times)), "refused"
    yield "pdf with runs", content(b"/RunLengthDecode", b"\x81\0" * 2_000_000 + b"\x80"), "refused"
    yield "pdf with LZW", content(b"/LZWDecode", bytes(3_000_000)), "either"
    image = b"<< /Type /XObject /Subtype /Image /Width %d /Height %d /BitsPerComponent 8 /ColorSpace /DeviceGray /Length %d /Filter %s %s>>"

    def shown(width: int, height: int, filters: bytes, data: bytes, more: bytes = b"") -> bytes:
        return pdf_of(
            {
                3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Contents 4 0 R "
                b"/Resources << /XObject << /I 6 0 R >> >> >>",
                6: image % (width, height, len(data), filters, more),
            },
            {6: data},
        )

    yield (
        "pdf with a picture of 100000 squared",
        shown(100_000, 100_000, b"/FlateDecode", b"x"),
        "refused",
    )
    yield (
        "pdf with a picture of no size",
        shown(0, 5, b"/FlateDecode", zlib.compress(b"")),
        "refused",
    )
    yield "pdf with JBIG2 noise", shown(9, 9, b"/JBIG2Decode", b"\0" * 99), "either"
    yield "pdf with JPX noise", shown(9, 9, b"/JPXDecode", b"\0" * 99), "either"
    yield (
        "pdf with CCITT of a billion columns",
        shown(
            9, 9, b"/CCITTFaxDecode", b"\0" * 99, b"/DecodeParms << /Columns 1000000000 /K -1 >> "
        ),
        "refused",
    )
    yield "pdf with a predictor of a billion columns", shown(
        9, 9, b"/FlateDecode", zlib.compress(bytes(81)),
        b"/DecodeParms << /Predictor 15 /Columns 1000000000 >> ",
    ), "refused"  # fmt: skip
    yield "pdf with DCT noise", shown(9, 9, b"/DCTDecode", MARK * 9), "refused"
    yield "pdf with an unknown filter", content(b"/NoSuchDecode", MARK), "refused"
    yield "pdf with a Crypt filter", content(b"/Crypt", MARK), "refused"
    yield "pdf with a negative length", pdf_of({4: b"<< /Length -5 >>"}, {4: b"0 0 m"}), "either"
    yield (
        "pdf with a length beyond its end",
        pdf_of({4: b"<< /Length 999999 >>"}, {4: b"0 0 m"}),
        "either",
    )
    yield (
        "pdf whose kids are their own parents",
        pdf_of({2: b"<< /Type /Pages /Count 1 /Kids [2 0 R] >>"}),
        "refused",
    )
    yield (
        "pdf whose kids go round",
        pdf_of(
            {
                2: b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
                3: b"<< /Type /Pages /Count 1 /Kids [2 0 R] /Parent 2 0 R >>",
            }
        ),
        "refused",
    )
    yield (
        "pdf with the same page 200000 times",
        pdf_of({2: b"<< /Type /Pages /Count 200000 /Kids [" + b"3 0 R " * 200_000 + b"] >>"}),
        "refused",
    )
    yield "pdf of 51 pages", plain_pdf(51), "refused"
    yield "pdf of 3000 pages", plain_pdf(3_000), "refused"
    yield "pdf without a page", pdf_of({2: b"<< /Type /Pages /Count 0 /Kids [] >>"}), "refused"
    many = {number: b"<< /Type /Font /N %d 0 R >>" % (number + 1) for number in range(10, 50_000)}
    yield (
        "pdf of 50000 objects in a chain",
        pdf_of(
            {
                3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Resources << /Font << /F 10 0 R >> >> >>",
                **many,
            }
        ),
        "refused",
    )
    yield (
        "pdf nested 5000 deep",
        pdf_of(
            {
                3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Group "
                + b"[" * 5_000
                + b"]" * 5_000
                + b" >>"
            }
        ),
        "either",
    )
    yield (
        "pdf whose resources are their own",
        pdf_of(
            {
                3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R /Resources 6 0 R >>",
                6: b"<< /XObject << /X 7 0 R >> >>",
                7: b"<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources 6 0 R /Length 5 >>",
            },
            {7: b"/X Do"},
        ),
        "clean",
    )
    yield (
        "pdf with a page as large as a town",
        pdf_of({3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9999999 9999999] >>"}),
        "refused",
    )
    yield (
        "pdf with words for a size",
        pdf_of({3: b"<< /Type /Page /Parent 2 0 R /MediaBox [(a) (b) /C null] >>"}),
        "either",
    )
    yield "pdf without a catalogue", pdf_of({1: b"null"}), "refused"
    yield "pdf of a head alone", b"%PDF-1.7\n", "refused"
    yield (
        "pdf with an empty table",
        b"%PDF-1.7\nxref\n0 0\ntrailer\n<< /Size 0 >>\nstartxref\n9\n%%EOF",
        "refused",
    )
    yield "pdf whose tables go round", plain_pdf().replace(b"/Root", b"/Prev 9 /Root"), "either"
    packed = zeros(600)
    yield (
        "pdf with objects of 600 MB in one stream",
        pdf_of(
            {6: b"<< /Type /ObjStm /N 1 /First 4 /Length %d /Filter /FlateDecode >>" % len(packed)},
            {6: packed},
            trailer=b"/Extra 6 0 R",
        ),
        "either",
    )


def _locked(_rng: random.Random) -> Made:
    for level in (2, 4, 6):
        for user in ("secret", ""):
            options = pikepdf.Encryption(
                owner="owner", user=user, R=level, aes=level > 2, metadata=level > 2
            )
            kind = "with a password" if user else "that may not be printed"
            yield (
                f"pdf {kind}, revision {level}",
                pdf(encryption=options),
                "refused" if user else "clean",
            )


def _active(_rng: random.Random) -> Made:
    def action(kind: str, **words: object) -> Dictionary:
        return Dictionary(
            {"/S": Name("/" + kind), **{f"/{key}": value for key, value in words.items()}}
        )

    def note(made: Pdf, subtype: str, **words: object) -> None:
        made.pages[0].obj.Annots = Array([made.make_indirect(Dictionary({
            "/Type": Name.Annot, "/Subtype": Name("/" + subtype), "/Rect": Array([0, 0, 9, 9]),
            "/Contents": TEXT, **{f"/{key}": value for key, value in words.items()},
        }))])  # fmt: skip

    def put(**words: object) -> Callable[[Pdf], None]:
        def change(made: Pdf) -> None:
            for key, value in words.items():
                made.Root["/" + key] = value

        return change

    script = action("JavaScript", JS=f"app.alert('{TEXT}')")
    yield "pdf that opens with a script", pdf(put(OpenAction=script)), "clean"
    yield (
        "pdf with named scripts",
        pdf(put(Names=Dictionary(JavaScript=Dictionary(Names=Array(["a", script]))))),
        "clean",
    )
    yield "pdf with a script on closing", pdf(put(AA=Dictionary(WC=script))), "clean"
    yield "pdf with words of its own", pdf(put(PieceInfo=Dictionary(X=TEXT), Lang=TEXT)), "clean"
    yield "pdf with layers", pdf(put(OCProperties=Dictionary(OCGs=Array([TEXT])))), "clean"
    yield "pdf with an outline", pdf(put(Outlines=Dictionary(Title=TEXT))), "clean"
    yield (
        "pdf with XFA",
        pdf(put(AcroForm=Dictionary(XFA=TEXT, Fields=Array([]), NeedAppearances=True))),
        "clean",
    )
    for kind, words in (
        ("Launch", {"F": TEXT}), ("URI", {"URI": f"https://{TEXT}"}),
        ("SubmitForm", {"F": TEXT}), ("GoToR", {"F": TEXT, "D": TEXT}),
        ("GoToE", {"F": TEXT}), ("ImportData", {"F": TEXT}), ("Rendition", {"JS": TEXT}),
    ):  # fmt: skip
        yield (
            f"pdf with a link that does {kind}",
            pdf(lambda made, kind=kind, words=words: note(made, "Link", A=action(kind, **words))),
            "clean",
        )
    for subtype in ("RichMedia", "Movie", "Sound", "3D", "FileAttachment", "Screen"):
        yield f"pdf with {subtype}", pdf(lambda made, subtype=subtype: note(made, subtype)), "clean"

    def attached(made: Pdf) -> None:
        made.attachments["x.exe"] = MARK

    yield "pdf with a file in it", pdf(attached), "clean"

    def described(made: Pdf) -> None:
        made.docinfo["/Author"] = TEXT
        made.Root.Metadata = made.make_stream(MARK)

    yield "pdf that says who wrote it", pdf(described), "clean"

    def of_page(**words: object) -> Callable[[Pdf], None]:
        def change(made: Pdf) -> None:
            for key, value in words.items():
                made.pages[0].obj["/" + key] = value

        return change

    yield "pdf with a script on its page", pdf(of_page(AA=Dictionary(O=script))), "clean"
    yield "pdf with a page's own words", pdf(of_page(PieceInfo=TEXT, Tabs=TEXT)), "clean"

    def drawn(made: Pdf, **words: object) -> None:
        body = words.pop("body", b"")
        made.pages[0].Resources.XObject = Dictionary(
            X=made.make_stream(body, {f"/{key}": value for key, value in words.items()})
        )

    form = {"Type": Name.XObject, "Subtype": Name.Form, "BBox": Array([0, 0, 9, 9])}
    yield (
        "pdf that draws another file",
        pdf(lambda made: drawn(made, **form, Ref=Dictionary(F=TEXT, Page=0))),
        "clean",
    )
    yield (
        "pdf with a form's own words",
        pdf(lambda made: drawn(made, **form, Metadata=TEXT, PieceInfo=TEXT, OPI=TEXT)),
        "clean",
    )
    yield (
        "pdf with PostScript",
        pdf(lambda made: drawn(made, Type=Name.XObject, Subtype=Name.PS, body=MARK)),
        "refused",
    )
    yield (
        "pdf with a stream elsewhere",
        pdf(lambda made: drawn(made, **form, F=TEXT, FFilter=Name.FlateDecode)),
        "clean",
    )
    yield "pdf with a photograph that says where", pdf(
        lambda made: drawn(
            made, Type=Name.XObject, Subtype=Name.Image, Width=96, Height=64,
            ColorSpace=Name.DeviceRGB, BitsPerComponent=8, Filter=Name.DCTDecode, body=jpg(),
            Metadata=TEXT, Alternates=TEXT,
        )
    ), "clean"  # fmt: skip
    trailing = flate(b"0 0 m 9 9 l S") + MARK
    yield (
        "pdf with words behind its content",
        pdf_of({4: b"<< /Length %d /Filter /FlateDecode >>" % len(trailing)}, {4: trailing}),
        "clean",
    )


def _sizes(_rng: random.Random) -> Made:
    yield "nothing", b"", "refused"
    yield "one byte", b"\xff", "refused"
    yield "the first three bytes of a jpg", b"\xff\xd8\xff", "refused"
    yield "the signature of a png", b"\x89PNG\r\n\x1a\n", "refused"
    yield "the first five bytes of a pdf", b"%PDF-", "refused"
    yield "jpg of 10 MB and a byte", jpg().ljust((10 << 20) + 1, b"\0"), "refused"
    yield "jpg of just 10 MB", jpg().ljust(10 << 20, b"\0"), "clean"
    yield "zeros of 12 MB", bytes(12 << 20), "refused"
    yield "marks of a jpg for 2 MB", b"\xff\xd8" + b"\xff" * (2 << 20), "refused"
    yield "jpg of 100000 segments", b"\xff\xd8" + b"\xff\xe1\0\2" * 100_000 + jpg()[2:], "clean"
    yield (
        "png of 100000 chunks",
        png()[:33] + chunk(b"tEXt", b"a\0b") * 100_000 + png()[33:],
        "clean",
    )


FILE_NAMES = (
    "../../x.jpg", "..\\..\\x.jpg", "/etc/passwd", "C:\\x.jpg", "CON", "nul.jpg", "a\0b.jpg",
    "长" * 300 + ".jpg", "x" * 300, "📷.jpg", "\u202egpj.exe", "a.php.jpg", "-rf.jpg", ".htaccess",
    'a";b="c.jpg', "a\r\nX-Set: 1.jpg", "%2e%2e%2fx.jpg", "<script>alert(1)</script>.jpg", " ", "张三330.jpg",
)  # fmt: skip

FAMILIES = (
    _cut, _flipped, _other_kinds, _two_in_one, _large_pictures, _odd_pictures, _heavy_pdfs, _locked,
    _active, _sizes,
)  # fmt: skip


def battery(seed: int) -> Iterator[Bad]:
    """All of them, one at a time: the large ones would fill the memory together."""
    for family in FAMILIES:
        rng = random.Random(f"{seed} {family.__name__}")
        for name, content, due in family(rng):
            yield Bad(name, content, due)
    for number, name in zip(count(1), FILE_NAMES, strict=False):
        yield Bad(f"file name {number}", jpg(), "clean", name)
