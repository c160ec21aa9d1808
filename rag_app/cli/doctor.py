"""What this machine, its disks, the models and a library are like, in words, and what to do about it."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from rag_app.errors import DiskError, LibraryError
from rag_app.models.catalogue import measured_as, statuses
from rag_app.models.threads import cores
from rag_app.proof.refusal import CALIBRATION, state_of, supplied
from rag_app.storage.database import DATABASE
from rag_app.storage.lock import find_holder
from rag_app.storage.store import Store
from rag_app.storage.vector_index import facts_of
from rag_app.types import Advice, Diagnosis, DiskState, LibraryState, MachineState

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rag_app.config import Settings
    from rag_app.models.catalogue import ModelStatus
    from rag_app.types import RefusalState

_SCARCE_DISK = 2_000_000_000  # bytes; the models alone take 1.4 GB
_SCARCE_MEMORY = 4_000_000_000  # bytes; an answer peaks at 3 GB
_FEATURES = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")  # what the encoders gain from


def diagnose(settings: Settings) -> Diagnosis:
    """Look at everything that an answer needs; nothing is changed."""
    machine, models = _machine(), statuses(settings)
    disks = [_disk("library", settings.library), _disk("models", settings.models)]
    library, problem = _library(settings)
    advice = [*_on_machine(machine), *_on_disks(disks), *_on_models(models)]
    advice += [*_on_numbers(models, settings, library), *_on_library(library, problem)]
    return Diagnosis(
        ok=not any(item.serious for item in advice),
        machine=machine,
        disks=tuple(disks),
        models=tuple(model.as_json() for model in models if model.chosen or model.installed),
        library=library,
        advice=tuple(advice),
    )


def _machine() -> MachineState:
    return MachineState(
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        cores=os.cpu_count() or 1,
        usable_cores=cores(),
        memory=_pages("SC_PHYS_PAGES"),
        memory_available=_available(),
        features=tuple(feature for feature in _FEATURES if feature in _flags()),
    )


def _pages(name: str) -> int:
    try:
        return os.sysconf(name) * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        return 0


def _available() -> int:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration, ValueError):
        return _pages("SC_AVPHYS_PAGES")


def _flags() -> set[str]:
    if sys.platform != "linux":
        return set()
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return set()
    return set(next((line for line in lines if line.startswith("flags")), "").split())


def _disk(role: Literal["library", "models"], folder: Path) -> DiskState:
    there = next(path for path in (folder, *folder.parents) if path.exists())
    usage = shutil.disk_usage(there)
    return DiskState(role, str(folder), usage.total, usage.free, os.access(there, os.W_OK))


def _library(settings: Settings) -> tuple[LibraryState | None, str]:
    """Return the state of the library, and what is wrong with it."""
    folder = settings.library
    if not (folder / DATABASE).exists():
        return None, f"There is no library in {folder} yet."
    holder = find_holder(folder)
    try:
        with Store.open(folder, create=False) as store:
            documents, built = store.documents(), facts_of(store)
            return LibraryState(
                path=str(folder),
                documents=len(documents),
                paths=sum(len(document.paths) for document in documents),
                pages=sum(document.pages for document in documents),
                pages_without_text=sum(document.pages - document.pages_with_text for document in documents),
                passages=store.count(),
                bytes=sum(path.stat().st_size for path in folder.iterdir() if path.is_file()),
                last_write=max((document.ingested for document in documents), default=None),
                embedder=store.get("embedder"),
                writer=f"process {holder.pid} ({holder.command} on {holder.host})" if holder else None,
                index=built.kind if built else None,
                index_recall=built.recall if built else None,
                refusal=_refusal(store, settings),
            ), ""
    except (LibraryError, DiskError) as error:
        return None, f"{error.message} {error.hint}"


def _refusal(store: Store, settings: Settings) -> RefusalState:
    program = supplied(measured_as("reranker", settings), measured_as("generator", settings))
    return state_of(store.get(CALIBRATION), settings.reranker, settings.generator, program)


def _on_machine(machine: MachineState) -> Iterator[Advice]:
    if 0 < machine.memory < _SCARCE_MEMORY:
        yield Advice(False, "This machine has little memory.", "Choose a smaller generator, or close other programs.")


def _on_disks(disks: Iterable[DiskState]) -> Iterator[Advice]:
    for disk in disks:
        if not disk.writable:
            yield Advice(
                True, f"{disk.path} cannot be written.", "Choose another folder, or ask for the right to write."
            )
        if disk.free < _SCARCE_DISK:
            free = f"{disk.free / 1e9:.1f} GB"
            yield Advice(False, f"The disk of {disk.path} has {free} free.", "Free some space, or choose another disk.")


def _on_models(models: Sequence[ModelStatus]) -> Iterator[Advice]:
    for model in models:
        if model.problem and (model.chosen or model.installed):
            yield Advice(model.chosen, f"The model {model.name} is damaged: {model.problem}", _pull(model))
        elif model.chosen and not model.installed:
            yield Advice(True, f"The {model.role} {model.name} is not installed.", _pull(model))


def _on_numbers(models: Sequence[ModelStatus], settings: Settings, library: LibraryState | None) -> Iterator[Advice]:
    fitted = library is not None and library.refusal is not None and library.refusal.own
    remedy = "Run `rag calibrate` to fit to your documents when a question is refused."
    for model in models:
        scored = model.role != "embedder"  # nothing depends on the scale of its similarities
        if model.chosen and model.verified and scored and not measured_as(model.role, settings):
            yield Advice(
                False,
                f"The {model.role} {model.name} is not calibrated: rules that need the scale of its scores are off.",
                "When a question is refused is fitted to your documents; nothing else can be." if fitted else remedy,
            )


def _pull(model: ModelStatus) -> str:
    return f"Run `rag models pull {model.name}`."


def _on_library(library: LibraryState | None, problem: str) -> Iterator[Advice]:
    if problem:
        new = problem.startswith("There is no")
        yield Advice(not new, problem, "Run `rag ingest PATH` to make one." if new else "See the message.")
    elif library and library.pages_without_text:
        count = f"{library.pages_without_text:,} of {library.pages:,} pages have no text."
        yield Advice(False, count, "Run `rag verify` to list them; no question can reach them.")
