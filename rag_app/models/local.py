"""Models that the user brings as a folder or a GGUF file: looked at, hashed, and never written to."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from typing import TYPE_CHECKING

from rag_app.errors import ModelError, RagError
from rag_app.models.conventions import is_pair
from rag_app.models.provenance import contents, find_receipt, fingerprint, refuse_code, seal, write_receipt

if TYPE_CHECKING:
    from pathlib import Path

    from rag_app.models.registry import ModelRole

_MAGIC = b"GGUF"


def own_weights(path: Path, name: str) -> list[Path]:
    """Return the files of weights of the model at `path`, sorted.

    Raises:
        ModelError: it could run code, has no weights in an allowed format, or cannot be read.
    """
    try:
        if path.is_file():
            need_gguf(path)
            return [path]
        refuse_code(path, name)
        weights = [path / file for file in contents(path) if file.endswith(".safetensors")]
    except OSError as error:
        raise ModelError(
            f"The model {path} cannot be read: {error.strerror or error}.", hint="Check its permissions and the disk."
        ) from error
    if not weights:
        raise ModelError(
            f"The folder {path} holds no weights in safetensors format.",
            hint="Give a folder with a .safetensors file, or a GGUF file.",
        )
    return weights


def own_fingerprint(path: Path, weights: list[Path], receipts: Path) -> str:
    """Return the SHA-256 of the weights; those that nothing has written to since the last time are not read again.

    Args:
        path: of the model.
        weights: from `own_weights`.
        receipts: folder for what is remembered; one that cannot be written to only costs time.
    """
    folder = path if path.is_dir() else path.parent
    names = [file.relative_to(folder).as_posix() for file in weights]
    place = receipts / f"{hashlib.sha256(str(path).encode()).hexdigest()}.json"
    receipt = find_receipt(folder, place)
    known = {seal.file: seal for seal in receipt.files} if receipt else {}
    seals = [
        known[name] if name in known and known[name].holds((folder / name).stat()) else seal(folder, name)
        for name in names
    ]
    if receipt is None or receipt.files != tuple(seals):
        with suppress(OSError, RagError):
            receipts.mkdir(parents=True, exist_ok=True)
            write_receipt(folder, "", seals, place)
    return fingerprint(seals)


def need_gguf(path: Path) -> None:
    """Raise a ModelError if the file at `path` does not begin as a GGUF file does."""
    with path.open("rb") as file:
        magic = file.read(len(_MAGIC))
    if magic != _MAGIC:
        raise ModelError(f"{path} is not a GGUF file.", hint="Give a .gguf file, or the folder of an encoder.")


def role_of(path: Path, wanted: ModelRole) -> ModelRole:
    """Return the role that the files at `path` show; `wanted` where they leave it open between the encoders."""
    if path.is_file():
        return "generator"
    files = set(contents(path))
    if any(file.endswith("Pooling/config.json") for file in files) or is_pair(path):
        return "embedder"
    if "config.json" in files and "ForSequenceClassification" in (path / "config.json").read_text(encoding="utf-8"):
        return "reranker"
    return "embedder" if wanted == "generator" else wanted
