"""Files that are ZIP archives of XML, opened with limits: Office documents and EPUB books."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

from ingest.files import open_regular
from ingest.types import DocumentError

if TYPE_CHECKING:
    from pathlib import Path

    from ingest.types import ErrorCode

MOST_UNPACKED = 50_000_000  # bytes read from one file
_MOST_ENTRIES = 50_000
_ENCRYPTED = 0x1
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # also holds Office documents that a password protects
_READ = (".xml", ".rels")


class Archive:
    """The entries of one archive; what is read of them together has a limit."""

    def __init__(self, path: Path) -> None:
        """Open the file at `path`.

        Raises:
            DocumentError: it is no ZIP archive, or an old or protected Office file.
        """
        self._path = str(path)
        self._room = MOST_UNPACKED
        self._file = open_regular(path)
        try:
            self._zip = self._opened()
        except BaseException:
            self._file.close()
            raise
        self._entries = {entry.filename: entry for entry in self._zip.infolist()}

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._zip.close()
        self._file.close()

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def read(self, name: str) -> bytes:
        """Return the bytes of one entry.

        Raises:
            DocumentError: it is absent, encrypted or too large.
        """
        entry = self._entries.get(name)
        if entry is None:
            raise self._refused(f"is damaged: it lacks {name}", "damaged")
        if entry.flag_bits & _ENCRYPTED:
            raise self._refused("is an encrypted archive", "protected")
        if entry.file_size > self._room:
            raise self._too_large()
        with self._zip.open(entry) as file:
            raw = file.read(self._room + 1)  # the size that an entry states need not be true
        if len(raw) > self._room:
            raise self._too_large()
        self._room -= len(raw)
        return raw

    def xml(self, name: str) -> bytes:
        """Return the bytes of an XML entry that declares no entities: these can grow without end or name other files.

        Raises:
            DocumentError: as `read`, or it declares some.
        """
        raw = self.read(name)
        if b"<!ENTITY" in raw.replace(b"\0", b""):  # also in UTF-16
            raise self._refused(f"declares XML entities in {name}, which no such document needs", "damaged")
        return raw

    def stripped(self) -> io.BytesIO:
        """Return the archive with its XML alone: pictures, macros and embedded files are there but empty.

        Raises:
            DocumentError: as `xml`.
        """
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w") as copy:
            for name in self._entries:
                if not name.endswith("/"):
                    copy.writestr(name, self.xml(name) if name.lower().endswith(_READ) else b"")
        target.seek(0)
        return target

    def _opened(self) -> zipfile.ZipFile:
        if self._file.read(len(_OLD_OFFICE)) == _OLD_OFFICE:
            raise self._refused("is protected by a password, or in an Office format from before 2007", "protected")
        try:
            opened = zipfile.ZipFile(self._file)
        except (ValueError, OverflowError, NotImplementedError, zipfile.BadZipFile) as error:
            raise self._refused("is damaged or of another type: it is not a ZIP archive", "damaged") from error
        if len(opened.filelist) > _MOST_ENTRIES:
            raise self._refused(f"holds more than {_MOST_ENTRIES:,} entries", "too_large")
        return opened

    def _too_large(self) -> DocumentError:
        return self._refused(f"unpacks to more than {MOST_UNPACKED // 1_000_000} MB", "too_large")

    def _refused(self, reason: str, code: ErrorCode) -> DocumentError:
        return DocumentError(self._path, reason, code)


def office_file(path: Path, kind: str, name: str) -> io.BytesIO:
    """Return the XML of an Office file, as an archive.

    Args:
        path: the file.
        kind: the word for its format that its list of contents uses.
        name: what to call such a file in an error.

    Raises:
        DocumentError: it is damaged, too large, or of another kind.
    """
    with Archive(path) as archive:
        contents = "[Content_Types].xml"
        if contents not in archive or kind.encode() not in archive.xml(contents):
            raise DocumentError(str(path), f"is not {name}", "wrong_type")
        return archive.stripped()
