from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

import pytest
from PIL import Image, ImageDraw, ImageFont

from ingest import DocumentError, Readers, ocr_available, pool, read
from ingest.readers.picture import opened_picture

if TYPE_CHECKING:
    from pathlib import Path


def drawn(text: str, mode: str = "RGB") -> Image.Image:
    image = Image.new(mode, (900, 300), "white" if mode == "RGB" else (0, 0, 0, 0))  # type: ignore[arg-type]
    ImageDraw.Draw(image).text((40, 100), text, fill="black", font=ImageFont.load_default(size=64))
    return image


def png(path: Path, across: int, down: int) -> Path:
    """Write the header of a picture, and one row of it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", across, down, 8, 2, 0, 0, 0))
    rows = chunk(b"IDAT", zlib.compress(b"\0" * (1 + 3 * 10)))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + header + rows + chunk(b"IEND", b""))
    return path


def test_a_picture_is_a_page_that_shows_its_text_and_a_tiff_has_several(tmp_path: Path) -> None:
    drawn("one").save(tmp_path / "a.PNG")
    drawn("one").save(tmp_path / "a.tif", save_all=True, append_images=[drawn("two"), drawn("three")])
    document = read(tmp_path / "a.PNG")
    assert (document.title, document.text, document.unread) == ("a", "", (1,))
    assert read(tmp_path / "a.tif").unread == (1, 2, 3)


def test_without_the_extra_a_picture_is_listed_with_what_would_read_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "ocr_available", lambda: False)
    drawn("one").save(tmp_path / "a.jpg")
    with Readers(1) as readers:
        document = readers.read(tmp_path / "a.jpg")
    assert (document.text, [remark.code for remark in document.remarks]) == ("", ["ocr_missing"])
    assert "pip install '.[ocr]'" in document.warnings[0]


@pytest.mark.slow
def test_the_text_of_pictures_is_recognised_page_by_page(tmp_path: Path) -> None:
    if not ocr_available():
        pytest.skip("the extra `ocr` is not installed")
    drawn("Drill 129.00").save(tmp_path / "a.tiff", save_all=True, append_images=[drawn("Saw 48.50")])
    drawn("Rope 7.25", "RGBA").save(tmp_path / "b.webp", lossless=True)
    turned = drawn("Lamp 31.90").transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned to the right
    turned.save(tmp_path / "c.jpg", exif=exif)
    with Readers(1) as readers:
        tiff, webp, jpeg = (readers.read(tmp_path / name) for name in ("a.tiff", "b.webp", "c.jpg"))
    assert [page.text for page in tiff.pages] == ["Drill 129.00", "Saw 48.50"]
    assert (webp.text, jpeg.text) == ("Rope 7.25", "Lamp 31.90")
    assert {page.method for page in (*tiff.pages, *webp.pages, *jpeg.pages)} == {"ocr"}


def test_a_large_picture_is_made_smaller_before_it_is_recognised(tmp_path: Path) -> None:
    Image.new("L", (9_000, 6_000), 200).save(tmp_path / "a.png")
    with opened_picture(tmp_path / "a.png") as picture:
        pixels = picture.picture(1).pixels
    assert pixels.shape[1] == 4_000
    assert pixels[0, 0].tolist() == [200, 200, 200]


@pytest.mark.parametrize("size", [(10_000, 10_000), (60_000, 60_000), (2**31 - 1, 2**31 - 1)])
def test_a_picture_of_too_many_pixels_is_refused_by_its_header(tmp_path: Path, size: tuple[int, int]) -> None:
    with pytest.raises(DocumentError) as caught:
        read(png(tmp_path / "a.png", *size))
    assert (caught.value.reason, caught.value.code) == (
        "has too many pixels: at most 80 million are read",
        "too_large",
    )


def test_a_later_page_of_too_many_pixels_is_refused_too(tmp_path: Path) -> None:
    drawn("one").convert("1").save(
        tmp_path / "a.tif", save_all=True, append_images=[Image.new("1", (9_400, 9_400))], compression="group4"
    )
    with pytest.raises(DocumentError, match="has too many pixels"):
        read(tmp_path / "a.tif")


def test_what_is_no_picture_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"GIF89a" + bytes(200))
    with pytest.raises(DocumentError) as caught:
        read(tmp_path / "a.png")
    assert (caught.value.reason, caught.value.code) == ("is not a picture that can be read", "wrong_type")
