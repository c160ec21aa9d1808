"""Proof that a model's files are the ones that were fetched: hashed once, afterwards compared by size and times."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rag_app.errors import ModelDamaged, ModelError, disk_errors
from rag_app.models.registry import ModelFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rag_app.models.registry import ModelSpec

PACKAGES = "packages"  # source of a model whose files are exactly those of the registry
WEIGHTS = frozenset({".safetensors", ".gguf"})
_RECEIPT = ".receipt.json"
# formats that can run code while they are loaded
_CODE = frozenset({".py", ".bin", ".pkl", ".pickle", ".pt", ".pth", ".ckpt", ".so", ".dylib"})


@dataclass(frozen=True, slots=True)
class Seal(ModelFile):
    """A file as it was when its hash was computed."""

    mtime_ns: int
    ctime_ns: int
    inode: int

    def holds(self, stat: os.stat_result) -> bool:
        """Tell whether the file has not been written to since."""
        now = (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino)
        return now == (self.bytes, self.mtime_ns, self.ctime_ns, self.inode)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was verified, and where it came from."""

    source: str  # `PACKAGES`, `hub:REPO@REVISION`, or empty for a user's own files
    files: tuple[Seal, ...]


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fingerprint(files: Iterable[ModelFile]) -> str:
    """Return one SHA-256 for the weights among `files`: that of the file, or of the list of them."""
    weights = sorted((file.file, file.sha256) for file in files if Path(file.file).suffix in WEIGHTS)
    if len(weights) == 1:
        return weights[0][1]
    return hashlib.sha256("".join(f"{sha256}  {name}\n" for name, sha256 in weights).encode()).hexdigest()


def seal(folder: Path, name: str) -> Seal:
    """Hash the file `name` of `folder`."""
    stat = (folder / name).stat()  # before the hash, so that a write meanwhile breaks the seal
    return Seal(name, stat.st_size, sha256_of(folder / name), stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino)


def write_receipt(folder: Path, source: str, seals: Sequence[Seal], path: Path | None = None) -> None:
    """Record `seals`, in `folder` itself or at `path`.

    Raises:
        DiskError: the receipt could not be written.
    """
    path = path or folder / _RECEIPT
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    with disk_errors(f"the receipt {path}"):
        part.write_text(json.dumps({"source": source, "files": [asdict(seal) for seal in seals]}), encoding="utf-8")
        part.replace(path)


def find_receipt(folder: Path, path: Path | None = None) -> Receipt | None:
    """Return the receipt of `folder`, or None where there is none that can be read."""
    try:
        value = json.loads((path or folder / _RECEIPT).read_text(encoding="utf-8"))
        return Receipt(str(value["source"]), tuple(Seal(**file) for file in value["files"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def folder_size(folder: Path) -> int:
    """Return the bytes of every file in `folder`; what is moved or removed meanwhile does not count."""
    size = 0
    for parent, _, names in os.walk(folder):  # passes over a folder that is gone, where rglob raises
        for name in names:
            with suppress(OSError):
                size += (Path(parent) / name).stat().st_size
    return size


def contents(folder: Path) -> list[str]:
    """Return the files of a model's folder, sorted, hidden ones left out."""
    names = (path.relative_to(folder) for path in sorted(folder.rglob("*")) if path.is_file())
    return [name.as_posix() for name in names if not any(part.startswith(".") for part in name.parts)]


def verify(folder: Path, name: str, spec: ModelSpec | None, *, thorough: bool = False) -> tuple[ModelFile, ...]:
    """Return the files of an installed model after comparing them with the registry, or with what the hub published.

    Args:
        folder: of the model, in the folder of the models.
        name: what `rag models pull` knows it by.
        spec: its entry of the registry, if it has one.
        thorough: hash every file, even those that nothing has written to.

    Raises:
        ModelDamaged: a file is absent, altered, truncated or one too many.
        ModelError: a file could run code.
    """
    receipt = find_receipt(folder)
    hint = f"Run `rag models pull {name}`, which replaces it."
    expected = _expected(receipt, spec)
    if expected is None:
        raise ModelDamaged(f"Nothing tells what the files of {name} in {folder} should be.", hint=hint)
    for extra in sorted(set(contents(folder)) - {file.file for file in expected}):
        raise ModelDamaged(f"{folder / extra} is not part of the model {name}.", hint=hint)
    refuse_code(folder, name)
    known = {} if receipt is None or thorough else {seal.file: seal for seal in receipt.files}
    seals = [_compare(folder, file, known.get(file.file), hint) for file in expected]
    if receipt is None or receipt.files != tuple(seals):
        with suppress(OSError):  # a folder that cannot be written to is hashed each time
            write_receipt(folder, receipt.source if receipt else PACKAGES, seals)
    return tuple(expected)


def _expected(receipt: Receipt | None, spec: ModelSpec | None) -> Sequence[ModelFile] | None:
    if receipt is None or receipt.source == PACKAGES:
        return spec.files if spec else None
    if spec is None:
        return receipt.files
    if spec.hub is None:
        return spec.files
    if not spec.hub.same:
        return receipt.files
    pinned = {file.file: file for file in spec.files if Path(file.file).suffix in WEIGHTS}
    return [pinned.get(file.file, file) for file in receipt.files]


def _compare(folder: Path, file: ModelFile, known: Seal | None, hint: str) -> Seal:
    path = folder / file.file
    try:
        stat = path.stat()
        if stat.st_size != file.bytes:
            raise ModelDamaged(f"{path} has {stat.st_size} bytes; {file.bytes} were expected.", hint=hint)
        if known is not None and known.sha256 == file.sha256 and known.holds(stat):
            return known
        found = seal(folder, file.file)
    except OSError as error:
        raise ModelDamaged(f"{path} cannot be read: {error.strerror or error}.", hint=hint) from error
    if found.sha256 != file.sha256:
        raise ModelDamaged(f"{path} has the SHA-256 {found.sha256}; {file.sha256} was expected.", hint=hint)
    return found


def refuse_code(folder: Path, name: str) -> None:
    """Raise a ModelError if a file of `folder` could run code when the model is loaded."""
    for file in contents(folder):
        if Path(file).suffix.lower() in _CODE:
            raise ModelError(
                f"The model {name} holds {folder / file}, which could run code when it is loaded.",
                hint="Remove that file if the model works without it, or choose a model in safetensors or GGUF format.",
            )
        if file.endswith(".json") and _names_code(folder / file):
            raise ModelError(
                f"The model {name} asks in {folder / file} for code of its own to be run.",
                hint="Choose a model that needs no code of its own.",
            )


def _names_code(path: Path) -> bool:
    if path.name not in {"config.json", "tokenizer_config.json", "processor_config.json", "modules.json"}:
        return False
    with suppress(OSError, ValueError):
        value = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(value, dict):
            return "auto_map" in value
        types = [str(module.get("type")) for module in value if isinstance(module, dict)]
        return any(not kind.startswith("sentence_transformers.") for kind in types)
    return False
