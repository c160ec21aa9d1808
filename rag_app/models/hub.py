"""Models fetched from the Hugging Face hub: every file checked against the hash that the hub publishes for it."""

from __future__ import annotations

import errno
import hashlib
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from rag_app.errors import DiskError, FetchError
from rag_app.models.provenance import WEIGHTS, folder_size, sha256_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from rag_app.models.registry import ModelSpec

_PROBE_SECONDS = 3.0
_POLL = 0.2  # seconds between two looks at how much has been written
_ALLOWED = frozenset({".safetensors", ".json", ".txt", ".model"})  # .model: the vocabulary of sentencepiece
_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EACCES})
_OTHER_FORMATS = frozenset({"onnx", "openvino"})


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file of a repository, as the hub describes it."""

    file: str
    bytes: int
    sha256: str | None  # None: a small file, known by `blob` only
    blob: str  # git's SHA-1


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of a repository at one commit."""

    repo: str
    revision: str  # commit
    files: tuple[HubFile, ...]

    @property
    def source(self) -> str:
        """Where a model came from, for its receipt."""
        return f"hub:{self.repo}@{self.revision}"


def find_listing(repo: str) -> Listing | None:
    """Return the files of `repo`, or None where the hub cannot be reached within a few seconds.

    Raises:
        FetchError: the hub answered, but not with such a repository.
    """
    from huggingface_hub import HfApi, constants
    from huggingface_hub.errors import HfHubHTTPError

    if constants.HF_HUB_OFFLINE:
        return None
    try:
        info = HfApi().model_info(repo, files_metadata=True, timeout=_PROBE_SECONDS)
    except HfHubHTTPError as error:
        raise FetchError(
            f"The hub does not offer {repo}: {_first_line(error)}",
            hint="Check the name; for a model with restricted access, run `hf auth login`.",
        ) from error
    except Exception:  # the HTTP library below differs between versions and shares no base class but this one
        return None
    files = [
        HubFile(file.rfilename, file.size or 0, file.lfs.sha256 if file.lfs else None, file.blob_id or "")
        for file in info.siblings or ()
    ]
    return Listing(repo, info.sha or "main", tuple(files))


def files_of(spec: ModelSpec, listing: Listing) -> list[HubFile]:
    """Return the files of `listing` that make the model `spec`.

    Raises:
        FetchError: one is absent, or the weights are not those of the registry.
    """
    assert spec.hub is not None
    offered = {file.file: file for file in listing.files}
    absent = [file for file in spec.hub.files if file not in offered]
    pinned = {file.file: file.sha256 for file in spec.files if Path(file.file).suffix in WEIGHTS}
    altered = [file for file in pinned if spec.hub.same and file in offered and offered[file].sha256 != pinned[file]]
    if absent or altered:
        raise FetchError(
            f"{listing.repo} on the hub has changed: {', '.join(absent + altered)}.", hint="Report this as a bug."
        )
    return [offered[file] for file in spec.hub.files]


def encoder_files(listing: Listing) -> list[HubFile]:
    """Return the files of an encoder's folder: weights in safetensors, configuration, vocabulary.

    Raises:
        FetchError: the repository has no safetensors.
    """
    files = [file for file in listing.files if _is_wanted(PurePosixPath(file.file))]
    if not any(file.file.endswith(".safetensors") for file in files):
        gguf = [file.file for file in listing.files if file.file.endswith(".gguf")]
        raise FetchError(
            f"{listing.repo} offers no weights in safetensors format.",
            hint=f"Name a GGUF file of it, as in {listing.repo}/{gguf[0]}."
            if gguf
            else "Choose another model; other formats can run code when they are loaded.",
        )
    return files


def _is_wanted(path: PurePosixPath) -> bool:
    hidden = any(part.startswith(".") for part in path.parts)
    return path.suffix in _ALLOWED and path.parts[0] not in _OTHER_FORMATS and not hidden and not path.is_absolute()


def fetch_hub(listing: Listing, files: Iterable[HubFile], part: Path, report: Callable[[int, int], None]) -> None:
    """Put `files` into `part`, each checked; those of an earlier, interrupted run are continued.

    Raises:
        FetchError: the download failed, or a file is not what the hub says it is.
        DiskError: the disk is full or failing.
    """
    files = list(files)
    total = sum(file.bytes for file in files)
    with _watching(part, lambda size: report(min(size, total), total)):
        for file in files:
            _download(listing, file, part)
            _check(part / file.file, file, listing.repo)
    report(total, total)


def _download(listing: Listing, file: HubFile, part: Path) -> None:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.utils.tqdm import disable_progress_bars

    disable_progress_bars()  # `report` draws ours
    try:
        hf_hub_download(listing.repo, file.file, revision=listing.revision, local_dir=part)
    except Exception as error:  # the hub's libraries raise their own, the HTTP library's and plain RuntimeErrors
        if isinstance(error, OSError) and error.errno in _DISK:
            raise DiskError(
                f"Could not write {part / file.file}: {error.strerror or error}.",
                hint="Free some space, or check the disk, then run the same command again.",
            ) from error
        raise FetchError(
            f"{file.file} of {listing.repo} could not be fetched from the hub: {_first_line(error)}",
            hint="Check the network, then run the same command again; what was fetched is kept.",
        ) from error


def _check(path: Path, file: HubFile, repo: str) -> None:
    size = path.stat().st_size
    found = sha256_of(path) if file.sha256 else _git_blob(path)
    if size != file.bytes or found != (file.sha256 or file.blob):
        path.unlink()
        raise FetchError(
            f"{file.file} of {repo} has {size} bytes and the hash {found}; "
            f"{file.bytes} and {file.sha256 or file.blob} were expected.",
            hint="Run the same command again.",
        )


def _git_blob(path: Path) -> str:
    data = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


@contextmanager
def _watching(folder: Path, report: Callable[[int], None]) -> Iterator[None]:
    """Report the size of `folder` a few times a second while the body runs."""
    stop = threading.Event()

    def watch() -> None:
        while not stop.wait(_POLL):
            report(folder_size(folder))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
