"""Models by name: what is known, what is installed and sound, and how to fetch the rest."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from rag_app.errors import FetchError, ModelDamaged, ModelError, ModelMissing
from rag_app.models.conventions import PAIR, Conventions, conventions_of, is_pair, read_conventions, read_half
from rag_app.models.local import need_gguf, own_fingerprint, own_weights, role_of
from rag_app.models.numbers import calibrations, find_calibration
from rag_app.models.provenance import contents, fingerprint, verify
from rag_app.models.registry import ModelRole, ModelSpec, find_spec, registry
from rag_app.types import Json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rag_app.config import Settings
    from rag_app.models.fetch import Hub, Progress

__all__ = [
    "Conventions",
    "InstalledModel",
    "ModelRole",
    "ModelSpec",
    "ModelStatus",
    "chosen",
    "conventions",
    "find_spec",
    "generators",
    "half_conventions",
    "halves",
    "measured_as",
    "pull",
    "registry",
    "resolve",
    "statuses",
]

_HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+(/[\w.-]+)*")


@dataclass(frozen=True, slots=True)
class InstalledModel:
    """A model on this disk whose files have been verified."""

    name: str  # of the registry or hub, or the path as it was given
    role: ModelRole
    path: Path  # an encoder's folder, a generator's GGUF file
    spec: ModelSpec | None  # None: not of the registry
    fingerprint: str  # SHA-256 of the weights


@dataclass(frozen=True, slots=True)
class ModelStatus(Json):
    """One line of `rag models`."""

    name: str
    role: ModelRole
    licence: str  # SPDX; empty where it is not known
    bytes: int  # of the installed files, or of those that would be
    installed: bool
    verified: bool  # installed, and every file is what it should be
    chosen: bool  # by the settings
    path: str  # where it is, or would be
    problem: str  # why it is not verified; empty when it is, or when it is only absent
    note: str


def chosen(settings: Settings) -> dict[ModelRole, str]:
    """Return the name of the model that the settings choose for each role."""
    return {"embedder": settings.embedder, "reranker": settings.reranker, "generator": settings.generator}


def resolve(name: str, role: ModelRole, settings: Settings) -> InstalledModel:
    """Return the installed model called `name`, verified.

    Args:
        name: of the registry or its alias, a folder, a GGUF file, or `org/name` or `org/name/file.gguf` on the hub.
        role: what it is wanted for.
        settings: say where models are.

    Raises:
        ModelMissing: it is not installed.
        ModelDamaged: a file is not what it should be.
        ModelError: it cannot fill the role, could run code, or has no weights in an allowed format.
    """
    if spec := find_spec(name):
        _need_role(spec.name, spec.role, role)
        return _installed(spec.name, role, settings.models / spec.name, spec)
    path = Path(name).expanduser()
    if path.exists():
        return _own(name, role, path, settings)
    if _is_path(name):
        raise ModelMissing(f"There is no model at {path}.", hint=f"Correct the path in the setting `{role}`.")
    model = _installed(_hub_name(name), role, _hub_target(name, settings), None)
    _need_role(name, role_of(model.path, role), role)
    return model


def _installed(name: str, role: ModelRole, folder: Path, spec: ModelSpec | None) -> InstalledModel:
    if not folder.is_dir():
        raise ModelMissing(f"The model {name} is not installed.", hint=f"Run `rag models pull {name}`.")
    files = verify(folder, name, spec)
    gguf = [folder / file.file for file in files if file.file.endswith(".gguf")]
    for file in gguf:
        need_gguf(file)
    return InstalledModel(name, role, gguf[0] if gguf else folder, spec, fingerprint(files))


def _own(name: str, role: ModelRole, path: Path, settings: Settings) -> InstalledModel:
    path = path.absolute()
    weights = own_weights(path, name)
    _need_role(name, role_of(path, role), role)
    return InstalledModel(name, role, path, None, own_fingerprint(path, weights, settings.models / ".receipts"))


def _need_role(name: str, found: ModelRole, wanted: ModelRole) -> None:
    if found != wanted:
        raise ModelError(
            f"The model {name} is a {found}, not a {wanted}.".replace("a embedder", "an embedder"),
            hint=f"Name it in the setting `{found}`, and another model in `{wanted}`.",
        )


def _is_path(name: str) -> bool:
    return name.startswith(("/", "./", "../", "~")) or (name.endswith(("/", ".gguf")) and name.count("/") < 2)


def _hub_name(name: str) -> str:
    if not _HUB_NAME.fullmatch(name) or ".." in name:
        known = ", ".join(spec.name for spec in registry())
        raise ModelMissing(
            f"No model is called {name!r}.",
            hint=f"Known names: {known}. A folder, a GGUF file or a name on the Hugging Face hub works too.",
        )
    return name


def _hub_target(name: str, settings: Settings) -> Path:
    return settings.models / "hub" / _hub_name(name).replace("/", "--")


def conventions(installed: InstalledModel) -> Conventions:
    """Return how an encoder wants its texts.

    Raises:
        ModelError: the model's folder does not say what kind of model it holds.
    """
    if installed.spec is not None:
        return conventions_of(installed.spec)
    return read_conventions(installed.path, installed.name)


def halves(installed: InstalledModel) -> tuple[InstalledModel, InstalledModel] | None:
    """Return the encoders of questions and of passages, where the model's folder holds one of each."""
    if not is_pair(installed.path):
        return None
    questions, passages = (
        replace(
            installed,
            path=installed.path / side,
            fingerprint=hashlib.sha256(f"{installed.fingerprint} {side}".encode()).hexdigest(),
        )
        for side in PAIR
    )
    return questions, passages


def half_conventions(half: InstalledModel) -> Conventions:
    """Return how one of `halves` wants its texts; errors as for `conventions`."""
    return read_half(half.path, half.name)


def pull(names: Iterable[str], settings: Settings, progress: Progress | None = None) -> list[Path]:
    """Install models, replace damaged ones, and hash again those that are sound.

    Args:
        names: of the registry or the hub; none means those that the settings choose.
        settings: say where to, and whether the network may be used.
        progress: hears how far each model is.

    Returns:
        The folder of each model, in the order of `names`.

    Raises:
        ModelMissing: a name that neither the registry nor the hub can have.
        FetchError: a model could not be fetched, or `offline` forbids it.
        DiskError: the disk is full or failing.
    """
    from rag_app.models.fetch import Hub

    hub = Hub()
    # a model at a path is the user's own: there is nothing to fetch
    wanted = list(names) or [name for name in chosen(settings).values() if find_spec(name) or not Path(name).exists()]
    return [_pull(name, settings, hub, progress or _silent) for name in dict.fromkeys(wanted)]


def _pull(name: str, settings: Settings, hub: Hub, progress: Progress) -> Path:
    from rag_app.models.fetch import fetch_hub_model, fetch_spec, locked

    spec = find_spec(name)
    target = settings.models / spec.name if spec else _hub_target(name, settings)
    label = spec.name if spec else name
    state = "not installed"
    with locked(target):
        if target.is_dir():
            try:
                size = sum(file.bytes for file in verify(target, label, spec, thorough=True))
                progress(label, size, size)
                return target
            except ModelDamaged:
                state = "damaged"
        if settings.offline:
            raise FetchError(
                f"The model {label} is {state}, and the network may not be used.",
                hint=f"Unset RAG_OFFLINE, or copy the model's folder from another machine to {target}.",
            )
        if spec:
            fetch_spec(spec, target, hub, progress)
        else:
            fetch_hub_model(name, target, hub, progress)
    return target


def _silent(name: str, done: int, total: int) -> None:
    pass


def statuses(settings: Settings) -> list[ModelStatus]:
    """Return the state of every model of the registry, and of those that the settings choose from elsewhere."""
    known = [_status(spec.name, spec.role, settings, spec) for spec in registry()]
    others = [(name, role) for role, name in chosen(settings).items() if not _fits(find_spec(name), role)]
    return known + [_status(name, role, settings, None) for name, role in others]


def measured_as(role: ModelRole, settings: Settings) -> str:
    """Return the name under which the chosen model's numbers were measured; "" where there are none."""
    name = chosen(settings)[role]
    if spec := find_spec(name):  # installed or not
        return next((one.model for one in calibrations() if one.model == spec.name), "")
    try:
        found = find_calibration(resolve(name, role, settings))
    except ModelError:
        return ""
    return found.model if found else ""


def _fits(spec: ModelSpec | None, role: ModelRole) -> bool:
    return spec is not None and spec.role == role


def _status(name: str, role: ModelRole, settings: Settings, spec: ModelSpec | None) -> ModelStatus:
    choice = chosen(settings)[role]
    problem, installed, path, size = "", True, "", spec.bytes if spec else 0
    try:
        model = resolve(name, role, settings)
        path = str(model.path)
        size = size or _size(model.path)
    except ModelMissing:
        installed = False
    except ModelError as error:
        problem = error.message
    return ModelStatus(
        name=name,
        role=role,
        licence=spec.licence if spec else "",
        bytes=size,
        installed=installed,
        verified=installed and not problem,
        chosen=choice == name or (spec is not None and choice in spec.aliases),
        path=path or str(settings.models / name if spec else name),
        problem=problem,
        note=spec.note if spec else "",
    )


def generators(settings: Settings) -> list[str]:
    """Return the names of the generators that are installed and sound; the chosen one is called as in the settings."""
    choice = settings.generator
    hub = [folder.name.replace("--", "/") for folder in sorted((settings.models / "hub").glob("*.gguf"))]
    known = [choice if choice in spec.aliases else spec.name for spec in registry() if spec.role == "generator"]
    return [name for name in dict.fromkeys([*known, *hub, choice]) if _writes(name, settings)]


def _writes(name: str, settings: Settings) -> bool:
    try:
        resolve(name, "generator", settings)
    except ModelError:
        return False
    return True


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else sum((path / file).stat().st_size for file in contents(path))
