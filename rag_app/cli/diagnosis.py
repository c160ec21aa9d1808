"""What this machine, its disks, the models and a library are like, in words, and what to do about it."""

from __future__ import annotations

import os
import platform
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from rag_app.errors import DiskError, LibraryError
from rag_app.models.catalogue import measured_as, statuses
from rag_app.models.threads import cores
from rag_app.proof.refusal import CALIBRATION, state_of, supplied
from rag_app.reports import Advice, Diagnosis, DiskState, LibraryState, MachineState
from rag_app.storage.database import DATABASE, was_there
from rag_app.storage.lock import find_holder
from rag_app.storage.store import Store
from rag_app.storage.vector_index import facts_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rag_app.config import Settings
    from rag_app.models.catalogue import ModelStatus
    from rag_app.reports import RefusalState
    from rag_app.storage.lock import Holder

_SCARCE_DISK = 2_000_000_000  # bytes; the models alone take 1.4 GB
_SCARCE_MEMORY = 4_000_000_000  # bytes; an answer peaks at 3 GB
_FEATURES = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")  # what the encoders gain from


def diagnose(settings: Settings) -> Diagnosis:
    """Look at everything that an answer needs; nothing is changed."""
    machine = _machine()
    models = statuses(settings)
    disks = [_disk("library", settings.library), _disk("models", settings.models)]
    library, library_advice = _library(settings)
    advice = [*_on_machine(machine), *_on_disks(disks), *_on_models(models)]
    advice += [*_on_numbers(models, settings, library), *library_advice]
    return Diagnosis(
        ok=not any(item.serious for item in advice),
        machine=machine,
        disks=tuple(disks),
        models=tuple(model.as_json() for model in models if model.chosen or model.installed),
        library=library,
        advice=tuple(advice),
    )


def _machine() -> MachineState:
    known = _flags()
    return MachineState(
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        cores=os.cpu_count() or 1,
        usable_cores=cores(),
        memory=_pages("SC_PHYS_PAGES"),
        memory_available=_available(),
        features=tuple(feature for feature in _FEATURES if feature in known),
    )


def _pages(name: str) -> int:
    """Return the bytes of the pages of memory that the system calls `name`; 0 where it does not say."""
    try:
        return os.sysconf(name) * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        return 0


def _available() -> int:
    """Return the bytes of memory that programs could still have."""
    line = _system_line("/proc/meminfo", "MemAvailable:")
    words = line.split()
    if len(words) > 1 and words[1].isdecimal():
        return int(words[1]) * 1024
    return _pages("SC_AVPHYS_PAGES")


def _flags() -> set[str]:
    """Return the features of the processor, by the names that Linux has for them."""
    return set(_system_line("/proc/cpuinfo", "flags").split())


def _system_line(file: str, beginning: str) -> str:
    """Return the first line of a file of the system that begins so; empty where there is none."""
    try:
        lines = Path(file).read_text().splitlines()
    except OSError:
        return ""
    return next((line for line in lines if line.startswith(beginning)), "")


def _disk(role: Literal["library", "models"], folder: Path) -> DiskState:
    there = next(path for path in (folder, *folder.parents) if path.exists())
    usage = shutil.disk_usage(there)
    return DiskState(
        role=role,
        path=str(folder),
        total=usage.total,
        free=usage.free,
        writable=os.access(there, os.W_OK),
    )


def _library(settings: Settings) -> tuple[LibraryState | None, list[Advice]]:
    """Return the state of the library, and what to do about it; no state where it cannot be read."""
    folder = settings.library
    if not (folder / DATABASE).exists() and not was_there(folder):
        problem = f"There is no library in {folder} yet."
        return None, [Advice(False, problem, "Run `rag ingest PATH` to make one.")]
    holder = find_holder(folder)
    try:
        with Store.open(folder, create=False) as store:
            state = _state(store, settings, holder)
    except (LibraryError, DiskError) as error:
        return None, [Advice(True, error.message, error.hint)]
    return state, list(_on_library(state))


def _state(store: Store, settings: Settings, holder: Holder | None) -> LibraryState:
    documents, built = store.documents(), facts_of(store)
    pages = sum(document.pages for document in documents)
    return LibraryState(
        path=str(settings.library),
        documents=len(documents),
        paths=sum(len(document.paths) for document in documents),
        pages=pages,
        pages_without_text=pages - sum(document.pages_with_text for document in documents),
        passages=store.count(),
        bytes=sum(path.stat().st_size for path in settings.library.iterdir() if path.is_file()),
        last_write=max((document.ingested for document in documents), default=None),
        embedder=store.get("embedder"),
        writer=f"process {holder.pid} ({holder.command} on {holder.host})" if holder else None,
        index=built.kind if built else None,
        index_recall=built.recall if built else None,
        refusal=_refusal(store, settings),
    )


def _refusal(store: Store, settings: Settings) -> RefusalState:
    program = supplied(measured_as("reranker", settings), measured_as("generator", settings))
    return state_of(store.get(CALIBRATION), settings.reranker, settings.generator, program)


def _on_machine(machine: MachineState) -> Iterator[Advice]:
    if 0 < machine.memory < _SCARCE_MEMORY:
        yield Advice(False, "This machine has little memory.", "Choose a smaller generator, or close other programs.")


def _on_disks(disks: Iterable[DiskState]) -> Iterator[Advice]:
    for disk in disks:
        if not disk.writable:
            problem = f"{disk.path} cannot be written."
            yield Advice(True, problem, "Choose another folder, or ask for the right to write.")
        if disk.free < _SCARCE_DISK:
            problem = f"The disk of {disk.path} has {disk.free / 1e9:.1f} GB free."
            yield Advice(False, problem, "Free some space, or choose another disk.")


def _on_models(models: Sequence[ModelStatus]) -> Iterator[Advice]:
    for model in models:
        remedy = f"Run `rag models pull {model.name}`."
        if model.problem and (model.chosen or model.installed):
            problem = f"The model {model.name} is damaged: {model.problem}"
            yield Advice(model.chosen, problem, remedy)
        elif model.chosen and not model.installed:
            problem = f"The {model.role} {model.name} is not installed."
            yield Advice(True, problem, remedy)


def _on_numbers(models: Sequence[ModelStatus], settings: Settings, library: LibraryState | None) -> Iterator[Advice]:
    fitted = library is not None and library.refusal is not None and library.refusal.own
    remedy = "Run `rag calibrate` to fit to your documents when a question is refused."
    for model in models:
        scored = model.role != "embedder"  # nothing depends on the scale of its similarities
        if model.chosen and model.verified and scored and not measured_as(model.role, settings):
            problem = (
                f"The {model.role} {model.name} is not calibrated: rules that need the scale of its scores are off."
            )
            yield Advice(
                False,
                problem,
                "When a question is refused is fitted to your documents; nothing else can be." if fitted else remedy,
            )


def _on_library(library: LibraryState) -> Iterator[Advice]:
    if library.pages_without_text:
        problem = f"{library.pages_without_text:,} of {library.pages:,} pages have no text."
        yield Advice(False, problem, "Run `rag verify` to list them; no question can reach them.")
