"""Pictures of pages: photographs and scans, whose text is recognised; a TIFF may have several pages."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ingest.files import open_regular, stem
from ingest.lexicon import NO_WORDS, Lexicon
from ingest.limits import MOST_PIXELS, check_pages
from ingest.readers.pdfium import Picture, pixels_of
from ingest.readers.requirements import needs
from ingest.types import Document, DocumentError, Page

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp")
_FORMATS = ("PNG", "JPEG", "TIFF", "WEBP")
_LONGEST_SIDE = 4_000  # pixels that are recognised; more takes memory
_PAGE = 842.0  # points: the longer side of a page; a photograph does not say how large what it shows is


def read(
    path: Path,
    password: str | None = None,  # noqa: ARG001 - the signature of a reader
    lexicon: Lexicon = NO_WORDS,  # noqa: ARG001
) -> Document:
    """Return the pages of a picture, without text: that is recognised by others. Nothing is decoded here.

    Raises:
        DocumentError: the file is no picture, or one of too many pixels.
    """
    with opened_picture(path) as picture:
        count = picture.count()
    pages = tuple(Page(number, str(number), "") for number in range(1, count + 1))
    return Document(str(path), stem(path), pages, unread=tuple(range(1, count + 1)))


class PictureFile:
    """An open picture."""

    def __init__(self, path: Path, image: Any) -> None:
        self._path = path
        self._image = image

    def count(self) -> int:
        """Return how many pages it has; what else has several pictures shows them one after the other, or small.

        Raises:
            DocumentError: it has too many, or one of them has too many pixels.
        """
        count = self._image.n_frames if self._image.format == "TIFF" else 1
        check_pages(self._path, count)
        for number in range(1, count + 1):
            self._turn_to(number)
        return int(count)

    def picture(self, number: int) -> Picture:
        """Return a page, upright as its file says and on white; decoded, and made smaller where it is large."""
        from PIL import Image, ImageOps

        self._turn_to(number)
        self._image.draft("RGB", (_LONGEST_SIDE, _LONGEST_SIDE))
        image = ImageOps.exif_transpose(self._image.copy())
        image.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
        if image.has_transparency_data:
            image = image.convert("RGBA")
            image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
        return Picture(pixels_of(image.convert("RGB")), max(image.size) / _PAGE)

    def _turn_to(self, number: int) -> None:
        if self._image.format == "TIFF":
            self._image.seek(number - 1)
        across, down = self._image.size
        if across * down > MOST_PIXELS:
            raise _too_large(self._path)


@contextmanager
def opened_picture(path: Path) -> Iterator[PictureFile]:
    """Open a picture; its header alone is read.

    Raises:
        DocumentError: it is none, or has too many pixels.
    """
    with needs(path, "PIL", "pillow"):
        from PIL import Image, UnidentifiedImageError
    with open_regular(path) as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about odd entries of its header
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(file, formats=_FORMATS) as image:
                yield PictureFile(path, image)
        except UnidentifiedImageError as error:
            raise DocumentError(str(path), "is not a picture that can be read", "wrong_type") from error
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise _too_large(path) from error


def _too_large(path: Path) -> DocumentError:
    reason = f"has too many pixels: at most {MOST_PIXELS // 1_000_000} million are read"
    return DocumentError(str(path), reason, "too_large")
