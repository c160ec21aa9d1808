"""Processes that change a library and are killed, or whose disk fails, at a chosen moment; and what has to hold after.

`python crashing.py` waits for orders on standard input and forks a process for each, which takes milliseconds. Where a
C compiler is at hand, `faults.c` is preloaded into it: then the n-th write, flush or rename can be hit, those of SQLite
included.
"""

from __future__ import annotations

import ctypes
import errno
import json
import logging
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from ingest import INSIDE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rag_app.library import Library

HERE = Path(__file__).parent
KILL, TEAR, FULL, COUNT = -1, -2, -3, 0
KINDS = (KILL, TEAR, errno.EIO, errno.ENOSPC)
QUESTIONS = ("apple pear", "river", "stone and wood", "seven", "moon")
WORDS = ("apple", "pear", "river", "stone", "wood", "seven", "moon", "cloud", "iron", "silk", "amber", "night", "salt")
OPENS_WITHIN = 5.0  # seconds
OTHER = {"words": "other", "other": "words"}
EXACT_MOST = int(os.environ.get("RAG_TEST_EXACT_MOST", "0"))  # vectors searched exactly; 0: as many as always


@dataclass(frozen=True, slots=True)
class Stored:
    """What a library holds for a path."""

    sha256: str  # of the file
    digest: str  # of text, passages, vectors and paths, and which of them are found by their words
    shared: bool  # with other paths, which come and go one by one


State = dict[str, Stored]
"""What a library holds, by path."""


@dataclass(frozen=True, slots=True)
class End:
    """How a process ended."""

    code: int  # of the process; -9 when it was killed
    done: tuple[str, ...]  # paths that it had reported as done
    calls: int  # that changed files of the library, as far as they were counted
    error: str | None  # the message and hint that a user would see


class Crasher:
    """Runs orders in processes of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder  # holds `library` and `files`
        self.preload = _preload(folder)
        environment = {**os.environ, "FAULT_UNDER": str(folder / "library"), "OMP_NUM_THREADS": "1"}
        if self.preload:
            environment["LD_PRELOAD"] = str(self.preload)
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment | {"PYTHONPATH": os.pathsep.join([str(HERE.parent), str(HERE), *sys.path])},
            text=True,
        )

    def run(self, order: str, *, at: int = 0, kind: int = COUNT, after: float | None = None, argument: str = "") -> End:
        """Run `order` in a process.

        Args:
            order: sync, remove, index or rebuild.
            at: the call that is hit, counted from 1; 0 hits none.
            kind: KILL, TEAR, FULL until something is deleted, or the errno that the call fails with.
            after: seconds until it is killed.
            argument: what `remove` removes; with which embedder `rebuild` does it, "words" or "other".
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        order = json.dumps({"order": order, "at": at, "kind": kind, "after": after, "argument": argument})
        self._process.stdin.write(order + "\n")
        self._process.stdin.flush()
        value = json.loads(self._process.stdout.readline())
        return End(value["code"], tuple(value["done"]), value["calls"], value["error"])

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _preload(folder: Path) -> Path | None:
    """Compile `faults.c`, where that is possible."""
    compiler = shutil.which("cc")
    if compiler is None or sys.platform != "linux":
        return None
    target = folder / "faults.so"
    command = [compiler, "-shared", "-fPIC", "-O1", "-o", str(target), str(HERE / "faults.c"), "-ldl"]
    return target if subprocess.run(command, capture_output=True, check=False).returncode == 0 else None


# What has to hold


def state_of(library: Library) -> State:
    """Return each path with a digest of its document: text, passages, vectors, and what is found by its words."""
    store = library._store
    hits: dict[str, list[Any]] = {}
    for question in QUESTIONS:
        for passage, _ in store.keyword(question, 1000):
            path, ordinal = store.places([passage])[passage]
            hits.setdefault(path, []).append((question, ordinal))
    keys = store._database.rows("SELECT path, document FROM paths")
    rows = {path: store._documents.digest(key) for path, key in keys}
    return {
        path: Stored(document.sha256, f"{rows[path]} {sorted(hits.get(document.path, []))}", len(document.paths) > 1)
        for document in store.documents()
        for path in document.paths
    }


def examine(folder: Path, before: State, after: State, done: tuple[str, ...], *, together: bool = False) -> list[str]:
    """Open the library in `folder` after a process has ended in it, and return what is wrong.

    Each document has to be there as before or as after, and those that were reported as done as after; where all go
    `together`, all of them as before or all as after.
    """
    begun = time.monotonic()
    with open_small(folder) as library:
        library.search("apple", rerank=False)
        seconds = time.monotonic() - begun
        problems = [f"it took {seconds:.1f} s to open"] * (seconds > OPENS_WITHIN)
        now = state_of(library)
        if together and now not in (before, after):
            problems.append("the documents are neither all as before nor all as after")
        for path in before.keys() | after.keys() | now.keys():
            allowed = [after.get(path)] if path in done else [before.get(path), after.get(path)]
            if not any(_same(now.get(path), one) for one in allowed):
                problems.append(f"{path} is neither as before nor as after")
            file = path.partition(INSIDE)[0]
            for one in (before, after):  # what lies in a file is of the same time as that
                if _only(now, one, before if one is after else after, file) and not _same(now.get(path), one.get(path)):
                    problems.append(f"{path} is not as its file")
        problems += library._store.check()
        problems += [f"{d.path}: {d.detail}" for d in library.verify(0).differences if d.kind == "damaged"]
        index = library._index.get()
        if len(index) != library._store.count() or index.differing(library._store.vectors_of):
            problems.append("the vector index is not a copy of the library")
    return problems


def _only(now: State, one: State, other: State, path: str) -> bool:
    """Tell whether a file is as in one state and not as in another."""
    return _same(now.get(path), one.get(path)) and not _same(now.get(path), other.get(path))


def _same(one: Stored | None, other: Stored | None) -> bool:
    if one is None or other is None:
        return one is other
    if one.shared or other.shared:
        return one.sha256 == other.sha256
    return one == other


def small_embedder(name: str) -> Any:
    """Return the embedder "words", or "other", which cuts otherwise and has vectors of other dimensions and lengths."""
    from fakes import WordEmbedder

    embedder = WordEmbedder(dimensions=32) if name == "words" else WordEmbedder(dimensions=24, max_tokens=24)
    embedder.name, embedder.fingerprint = name, name.ljust(64, "0")
    return embedder


def open_small(folder: Path) -> Library:
    from fakes import fakes_of, open_library

    _limit_exact()
    library = open_library(folder, passage_tokens=32, overlap_tokens=0)
    fakes_of(library).embedder = small_embedder(embedder_of(library))
    return library


def embedder_of(library: Library) -> str:
    return library._store.get("embedder") or "words"


def embedder_in(folder: Path) -> str:
    with open_small(folder) as library:
        return embedder_of(library)


def rebuild_copy(folder: Path, elsewhere: Path, name: str) -> State:
    """Return the state that an undisturbed rebuild leads to: done in a copy of the library."""
    shutil.rmtree(elsewhere, ignore_errors=True)
    shutil.copytree(folder / "library", elsewhere / "library")
    (elsewhere / "library" / "rebuild.db").unlink(missing_ok=True)
    from fakes import fakes_of

    with open_small(elsewhere) as library:
        fakes_of(library).embedder = small_embedder(name)
        library.rebuild()
        return state_of(library)


def _limit_exact() -> None:
    from rag_app.storage import faiss_index

    faiss_index.EXACT_MOST = EXACT_MOST or faiss_index.EXACT_MOST


def sync_copy(folder: Path, elsewhere: Path) -> State:
    """Return the state that an undisturbed sync leads to: done in a copy of the library."""
    shutil.rmtree(elsewhere, ignore_errors=True)
    elsewhere.mkdir()
    if (folder / "library").exists():
        shutil.copytree(folder / "library", elsewhere / "library")
    with open_small(elsewhere) as library:
        library.sync(folder / "files", confirmed=True)
        return state_of(library)


def state_in(folder: Path) -> State:
    if not (folder / "library" / "library.db").exists():
        return {}
    with open_small(folder) as library:
        return state_of(library)


class Files:
    """A folder of small files that changes at random."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder / "files"
        self.random = random.Random(seed)
        self.folder.mkdir(exist_ok=True)

    def change(self) -> str:
        """Add, change, copy, rename or delete a file; return what was done."""
        present = sorted(path for path in self.folder.rglob("*") if path.is_file())
        kind = self.random.choice(["add", "add", "change", "rename", "copy", "delete"] if present else ["add"])
        target = self.folder / self.random.choice(["", "deep", "deep/er"]) / self._name()
        target.parent.mkdir(parents=True, exist_ok=True)
        if kind == "add":
            self._write(target)
            return kind
        chosen = self.random.choice(present)
        if kind == "change":
            self._write(chosen)
        elif kind == "delete":
            chosen.unlink()
        elif target.suffix == chosen.suffix and target != chosen:
            shutil.copyfile(chosen, target) if kind == "copy" else chosen.rename(target)
        return kind

    def _name(self) -> str:
        return f"{self.random.choice('abcdefgh')}{self.random.choice(['.txt', '.md', '.zip'])}"

    def _write(self, path: Path) -> None:
        if path.suffix != ".zip":
            path.write_text(self._text(path))
            return
        with zipfile.ZipFile(path, "w") as archive:
            for n in range(self.random.randint(1, 3)):
                archive.writestr(f"{n}.txt", self._text(path))

    def _text(self, path: Path) -> str:
        text = "\n\n".join(sentence(self.random, self.random.randint(3, 30)) for _ in range(self.random.randint(1, 6)))
        return f"# About {self.random.choice(WORDS)} {path.suffix}\n\n{text}\n" if path.suffix == ".md" else text


def kill_loop(folder: Path, kills: int, seed: int = 1) -> Iterator[tuple[str, End, list[str]]]:
    """Change files, and kill what brings the library up to date, at random moments; yield what was found each time."""
    files, chance = Files(folder, seed), random.Random(seed)
    with Crasher(folder) as crasher:
        for _ in range(6):
            files.change()
        whole = crasher.run("sync")
        assert (whole.code, whole.error) == (0, None), whole
        done = 0
        while done < kills:
            for _ in range(chance.randint(1, 4)):
                files.change()
            order, before, argument = "sync", state_in(folder), ""
            after = sync_copy(folder, folder / "copy")
            if chance.random() < 0.2:
                order, argument = "rebuild", OTHER[embedder_in(folder)]
                after = rebuild_copy(folder, folder / "copy", argument)
            elif chance.random() < 0.15 and before:
                order, argument = "remove", chance.choice([path for path in sorted(before) if INSIDE not in path])
                after = _after_removal(folder, argument)
            elif chance.random() < 0.15:
                order, after = "index", before
                (folder / "library" / "vectors.faiss").unlink(missing_ok=True)
            how = _disturbance(crasher, chance)
            end = crasher.run(order, argument=argument, **how)
            problems = examine(folder, before, after, end.done, together=order == "rebuild")
            if end.code == -signal.SIGKILL:
                done += 1
                yield f"{order} {how}", end, problems
            elif problems or end.code:
                yield f"{order} that ended with {end.code}: {end.error}", end, [*problems, str(end.error)]


def _disturbance(crasher: Crasher, chance: random.Random) -> dict[str, Any]:
    """Return when a process is killed: at some call, or at some time."""
    if crasher.preload and chance.random() < 0.6:
        return {"at": chance.randint(1, 60), "kind": chance.choice([KILL, TEAR])}
    return {"after": chance.uniform(0, 0.12)}


def _after_removal(folder: Path, path: str) -> State:
    elsewhere = folder / "copy"
    shutil.rmtree(elsewhere, ignore_errors=True)
    shutil.copytree(folder / "library", elsewhere / "library")
    with open_small(elsewhere) as library:
        library.remove(path)
        return state_of(library)


def fault_loop(
    folder: Path, kinds: tuple[int, ...] = KINDS, step: int = 1, seed: int = 3, order: str = "sync"
) -> Iterator[tuple[str, End, list[str]]]:
    """Hit every `step`-th write, flush, rename and deletion of a sync or a rebuild, one after the other.

    After a rebuild that was hit another one has to bring it to its end.
    """
    files = Files(folder, seed)
    start = folder / "start"
    with Crasher(folder) as crasher:
        assert crasher.preload, "this needs Linux and a C compiler"
        for _ in range(8):
            files.change()
        crasher.run("sync")
        for _ in range(6):
            files.change()
        before, rebuilding = state_in(folder), order == "rebuild"
        copy = folder / "copy"
        after = rebuild_copy(folder, copy, "other") if rebuilding else sync_copy(folder, copy)
        shutil.copytree(folder / "library", start)
        calls = _again(folder, start, crasher, 0, COUNT, order).calls
        for kind in kinds:
            for at in range(1, calls + 1, step):
                end = _again(folder, start, crasher, at, kind, order)
                problems = examine(folder, before, after, end.done, together=rebuilding)
                if rebuilding:
                    again = crasher.run(order, argument="other")
                    if again.code or (folder / "library" / "rebuild.db").exists():
                        problems.append(f"the next rebuild did not end well: {again}")
                    problems += examine(folder, after, after, ())
                if kind > 0 and end.error and str(folder) not in end.error:
                    problems.append(f"the message does not name the disk: {end.error}")
                if kind < 0 and end.code != -signal.SIGKILL:
                    problems.append(f"it was not killed: {end}")
                yield f"call {at} of {calls}: {_kind(kind)}", end, problems


def scan_loop(folder: Path, step: int, first: int = 1) -> Iterator[tuple[str, list[str]]]:
    """Kill a sync of texts and scans at every `step`-th write from the `first` on; yield what was found each time.

    The next sync has to end it, and to repeat no page. What was killed has to leave documents that are whole, or have
    their text layer and wait for the rest.
    """
    from PIL import Image

    (folder / "files").mkdir()
    pages = [Image.new("L", (40, 60), 255)] * 3
    for name in ("a.tif", "b.tif"):
        pages[0].save(folder / "files" / name, save_all=True, append_images=pages[1 if name == "a.tif" else 2 :])
    (folder / "files" / "c.txt").write_text("Iron and silk.")
    with Crasher(folder) as crasher:
        assert crasher.preload, "this needs Linux and a C compiler"
        calls = crasher.run("scan").calls
        whole = state_in(folder)
        for at in range(first, calls + 1, step):
            shutil.rmtree(folder / "library")
            killed = crasher.run("scan", at=at, kind=KILL if at % 2 else TEAR)
            problems = [] if killed.code == -signal.SIGKILL else [f"it was not killed: {killed}"]
            recognised = [one for one in killed.done if " " in one]
            if (folder / "library" / "library.db").exists():
                with open_small(folder) as library:
                    problems += library._store.check()
                    problems += [f"{d.path}: {d.detail}" for d in library.verify(0).differences]
                    for document in library.documents():
                        if document.path.endswith(".tif") and document.pages_waiting not in (0, document.pages):
                            problems.append(f"{document.path} is half there")
            after = crasher.run("scan")
            problems += [f"{one} was recognised again" for one in after.done if one in recognised]
            if after.code or state_in(folder) != whole:
                problems.append(f"the next sync does not end it: {after}")
            if (folder / "library" / "scans.db").exists():
                problems.append("pages are left beside the library")
            yield f"call {at} of {calls}", problems


def _again(folder: Path, start: Path, crasher: Crasher, at: int, kind: int, order: str) -> End:
    shutil.rmtree(folder / "library")
    shutil.copytree(start, folder / "library")
    return crasher.run(order, at=at, kind=kind, argument="other")


def _kind(kind: int) -> str:
    return {KILL: "kill", TEAR: "kill in the middle"}.get(kind) or errno.errorcode[kind]


def walk(folder: Path, steps: int, seed: int) -> tuple[int, list[str]]:
    """Change files, sync and be killed at random for `steps` steps; return the kills and what is wrong at the end.

    At the end `verify` reads every file again, and a library that is built anew has to answer the same.
    """
    files, chance, kills = Files(folder, seed), random.Random(seed), 0
    with Crasher(folder) as crasher:
        for _ in range(steps):
            if chance.random() < 0.7:
                files.change()
                continue
            how = _disturbance(crasher, chance) if chance.random() < 0.7 else {}
            order, name = ("rebuild" if chance.random() < 0.3 else "sync"), chance.choice(sorted(OTHER))
            kills += crasher.run(order, argument=name, **how).code == -signal.SIGKILL
        crasher.run("rebuild", argument="words")
        end = crasher.run("sync")
    problems = [] if end.code == 0 else [f"the last sync ended with {end}"]
    with open_small(folder) as library, open_small(folder / "fresh") as fresh:
        fresh.sync(folder / "files", confirmed=True)
        problems += [f"{d.path}: {d.detail}" for d in library.verify(None).differences]
        if library._store.signature() != fresh._store.signature():
            problems.append("the library is not what a fresh one is")
        for question in QUESTIONS:
            for mode in ("hybrid", "dense", "keyword"):
                mine, theirs = (one.search(question, 50, mode=mode) for one in (library, fresh))  # type: ignore[arg-type]
                if mine != theirs:
                    problems.append(f"{question!r} in {mode} mode finds other passages than a fresh library")
    return kills, problems


def sentence(random: random.Random, n: int) -> str:
    return " ".join(random.choice(WORDS) for _ in range(n)).capitalize() + "."


# The process


def _main() -> None:
    from types import SimpleNamespace

    sys.modules["fpdf"] = SimpleNamespace(FPDF=None)  # type: ignore[assignment]  # half a second, to make files only
    import fakes  # noqa: F401

    import rag_app.storage.faiss_index
    import rag_app.writing.builder

    rag_app.storage.faiss_index._faiss()
    faults = ctypes.CDLL(None) if "LD_PRELOAD" in os.environ else None
    for line in sys.stdin:
        order = json.loads(line)
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            os._exit(_obey(Path(sys.argv[1]), order, writing, faults))
        os.close(writing)
        if order["after"] is not None:
            time.sleep(order["after"])
            os.kill(child, signal.SIGKILL)
        with os.fdopen(reading) as pipe:
            told = [json.loads(text) for text in pipe if text.endswith("\n")]
        _, status = os.waitpid(child, 0)
        end = {"code": os.waitstatus_to_exitcode(status), "error": None, "calls": 0}
        for item in told:
            end |= item
        end["done"] = [path for item in told for path in item.get("done", ())]
        print(json.dumps(end), flush=True)


def _obey(folder: Path, order: dict[str, Any], pipe: int, faults: Any) -> int:
    """Do what is ordered, tell the paths as they are done, and return the exit code."""
    from fakes import FakeModels, make_settings

    from rag_app.errors import RagError
    from rag_app.library import Library
    from rag_app.writing.ingestion import Ingestion

    logging.disable(logging.WARNING)
    _limit_exact()
    finish = Ingestion._finish

    def tell(value: dict[str, Any]) -> None:
        os.write(pipe, json.dumps(value).encode() + b"\n")

    def finishing(self: Any, reports: Any, size: int = 0, **how: bool) -> None:
        finish(self, reports, size, **how)
        tell({"done": [report.path for report in reports if report.status != "failed"]})

    Ingestion._finish = finishing  # type: ignore[method-assign]
    if faults:
        faults.fault_arm(ctypes.c_long(order["at"]), ctypes.c_int(order["kind"]))
    end: dict[str, Any] = {"error": None}
    try:
        settings, loaded = make_settings(folder, passage_tokens=32, overlap_tokens=0), FakeModels()
        with Library.open(settings=settings, loaded=loaded) as library:
            rebuilding = order["order"] == "rebuild"
            loaded.embedder = small_embedder(order["argument"] if rebuilding else embedder_of(library))
            if rebuilding:
                library.rebuild()
            elif order["order"] == "scan":
                _recognise_here(tell)
                library.sync(folder / "files", confirmed=True)
            elif order["order"] == "sync":
                library.sync(folder / "files", confirmed=True)
            elif order["order"] == "remove":
                library.remove(order["argument"])
            else:
                library.search("apple", rerank=False)
    except RagError as error:
        end["error"] = f"{error.message} {error.hint}"
    tell(end | {"calls": faults.fault_calls() if faults else 0})
    return 1 if end["error"] else 0


def _recognise_here(tell: Callable[[dict[str, Any]], None]) -> None:
    """Let pages be recognised without any model, and each be told as soon as it was handed over."""
    from ingest import pool
    from ingest.process import Process
    from ingest.types import Recognised
    from rag_app.writing import ingestion

    def recognise(_: Any, path: Path, password: Any, numbers: Any, recognised: Any, member: str = "") -> None:
        for number in numbers:
            text = f"{path.name} {number} " + sentence(random.Random(f"{path.name}{number}"), 12)
            recognised(number, Recognised(text, 0.9))
            tell({"done": [f"{path.name} {number}"]})

    setattr(Process, "recognise", recognise)  # noqa: B010 - of another signature
    for module in (pool, ingestion):
        setattr(module, "ocr_available", lambda: True)  # noqa: B010


if __name__ == "__main__":
    _main()
