"""Several programs on one library, taking turns and killed at random; after every step all must agree with a model.

`python machine.py FOLDER` imports everything once and then forks a process for each order, which takes milliseconds:
an actor that does what it is told over a socket, a server, a watcher, or one that examines the library afresh.
"""

from __future__ import annotations

import http.client
import json
import logging
import os
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from crashing import OTHER, WORDS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from rag_app.library import Library

HERE = Path(__file__).parent
PATIENCE = 60.0  # seconds after which something that has to happen counts as never happening
SQL_DAMAGE = (
    "UPDATE pages SET text = text || 'x' WHERE id = (SELECT id FROM pages ORDER BY random() LIMIT 1)",
    "DELETE FROM pages WHERE id = (SELECT id FROM pages ORDER BY random() LIMIT 1)",
    "DELETE FROM passages WHERE id = (SELECT id FROM passages ORDER BY random() LIMIT 1)",
    "UPDATE passages SET vector = zeroblob(length(vector)) WHERE id = (SELECT min(id) FROM passages)",
    "UPDATE documents SET title = 'another' WHERE id = (SELECT id FROM documents ORDER BY random() LIMIT 1)",
    "DELETE FROM documents WHERE id = (SELECT id FROM documents ORDER BY random() LIMIT 1)",
    "DELETE FROM paths WHERE path = (SELECT path FROM paths ORDER BY random() LIMIT 1)",
    "INSERT INTO keywords (keywords) VALUES ('delete-all')",
)


class Lost(Exception):
    """The process went away before it answered."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What the library has to hold of a document."""

    text: str
    tags: frozenset[str] = frozenset()


@dataclass
class Model:
    """What the library has to hold."""

    documents: dict[str, Kept] = field(default_factory=dict)  # by path
    sessions: dict[str, list[str]] = field(default_factory=dict)  # the questions of each, in order

    def seen(self) -> dict[str, Any]:
        """Return the documents in the form in which actors tell what they see."""
        return {path: [kept.text, sorted(kept.tags)] for path, kept in self.documents.items()}


class Actor:
    """A process with the library open, and how to talk to it."""

    def __init__(self, kind: str, connection: socket.socket) -> None:
        self.kind = kind
        self._connection = connection
        self._stream = connection.makefile("rwb")
        hello = self.next()
        self.pid, self.port = int(hello["pid"]), int(hello.get("port", 0))

    def tell(self, order: str, *arguments: Any) -> None:
        self._stream.write(json.dumps([order, *arguments]).encode() + b"\n")
        self._stream.flush()

    def next(self, seconds: float = PATIENCE) -> Any:
        """Return the next thing that it says."""
        self._connection.settimeout(seconds)
        try:
            line = self._stream.readline()
        except ConnectionError:
            line = b""
        if not line.endswith(b"\n"):
            raise Lost(self.kind)
        return json.loads(line)

    def do(self, order: str, *arguments: Any) -> Any:
        """Have it done, again while another process is the writer; return what came of it.

        Raises:
            Lost: the process is gone.
            AssertionError: it failed in a way in which it must not.
        """
        until = time.monotonic() + PATIENCE
        while True:
            try:
                self.tell(order, *arguments)
            except ConnectionError:
                raise Lost(self.kind) from None
            got = self.next()
            if got.get("busy") and time.monotonic() < until:
                time.sleep(0.02)
                continue
            assert "error" not in got, f"{self.kind}: {order}: {got['error']}"
            return got["value"]

    def request(self, method: str, path: str, body: bytes | None = None, kind: str = "application/json") -> Any:
        """Send a request to the server that it is; return the status and the JSON of the answer."""
        until = time.monotonic() + PATIENCE
        while True:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
            try:
                connection.request(method, path, body, {"Content-Type": kind} if body is not None else {})
                answer = connection.getresponse()
                status, value = answer.status, json.loads(answer.read())
            except (ConnectionError, http.client.HTTPException):
                raise Lost(self.kind) from None
            finally:
                connection.close()
            if status not in {429, 503} or time.monotonic() > until:  # another process is the writer
                return status, value
            time.sleep(0.02)

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        until = time.monotonic() + PATIENCE
        while Path(f"/proc/{self.pid}").exists() and time.monotonic() < until:
            time.sleep(0.001)
        self._stream.close()
        self._connection.close()


class Nursery:
    """Starts actors."""

    def __init__(self, folder: Path) -> None:
        self._sockets = Path(tempfile.mkdtemp(prefix="rag-"))
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(self._sockets / "s"))
        self._listening.listen()
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(folder), str(self._sockets / "s")],
            stdin=subprocess.PIPE,
            text=True,
            env={
                **os.environ,
                "OMP_NUM_THREADS": "1",
                "PYTHONPATH": os.pathsep.join([str(HERE.parent), str(HERE), *sys.path]),
            },
        )

    def start(self, kind: str) -> Actor:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{kind}\n")
        self._process.stdin.flush()
        self._listening.settimeout(PATIENCE)
        connection, _ = self._listening.accept()
        return Actor(kind, connection)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
        self._listening.close()
        shutil.rmtree(self._sockets)


class Trial:
    """One library, two to four processes, and a number of steps."""

    def __init__(self, folder: Path, nursery: Nursery, seed: str) -> None:
        self.folder = folder
        self.library = folder / "library"
        self.random = random.Random(seed)
        self.model = Model()
        self.log: list[str] = []
        self._nursery = nursery
        self._files = 0
        self._embedder = "words"
        for name in ("single", "synced", "watched"):
            (folder / name).mkdir(parents=True)
        kinds = ["plain", "plain"]
        kinds += self.random.choice([[], ["serve"], ["watch"], ["serve", "watch"], ["plain"]])
        self.actors = [nursery.start(kind) for kind in kinds]
        self._await_watch()

    def run(self, steps: int) -> None:
        """Do the steps; AssertionError where something is lost, comes back or is damaged."""
        try:
            for _ in range(steps):
                step = self.random.choice(self._choices())
                self.log.append(step.__name__)
                step()
                self.check()
            self.check(sample=None)
        finally:
            for actor in self.actors:
                actor.kill()

    def _choices(self) -> list[Callable[[], None]]:
        choices = [self.ingest] * 4 + [self.sync, self.sync, self.together, self.together, self.search, self.verify]
        choices += [self.close] * 3 + [self.kill, self.kill_during, self.kill_during, self.keep, self.rebuild]
        if self._singles():
            choices += [self.remove, self.remove, self.tag, self.tag, self.ask, self.damage, self.damage]
        if self.model.sessions:
            choices.append(self.forget)
        if self._some("serve"):
            choices += [self.upload, self.upload, self.upload_and_kill, self.delete, self.chat]
        if self._some("watch"):
            choices += [self.watched, self.watched]
        return choices

    # Steps

    def ingest(self) -> None:
        paths = self._write_singles(self.random.randint(1, 3))
        self._plain().do("ingest", paths)

    def remove(self) -> None:
        path = self.random.choice(self._singles())
        self._plain().do("remove", [path])
        del self.model.documents[path]

    def tag(self) -> None:
        path, tag = self.random.choice(self._singles()), self.random.choice(WORDS)
        self._plain().do("tag", path, tag)
        self._tagged(path, tag)

    def sync(self) -> None:
        self._change("synced")
        self._plain().do("sync", str(self.folder / "synced"))
        self._take("synced")

    def rebuild(self) -> None:
        self._embedder = OTHER[self._embedder]
        self._plain().do("rebuild", self._embedder)

    def search(self) -> None:
        found = self._plain().do("search", self.random.choice(WORDS))
        assert set(found) <= set(self.model.documents), f"found what is not there: {found}"

    def ask(self) -> None:
        cited = self._plain().do("ask", f"What about {self.random.choice(WORDS)}?")
        assert set(cited) <= set(self.model.documents), f"cites what is not there: {cited}"

    def keep(self) -> None:
        name, question = self.random.choice(("lease", "tax")), f"What about {self.random.choice(WORDS)}?"
        self._plain().do("keep", name, question)
        self.model.sessions.setdefault(name, []).append(question)

    def forget(self) -> None:
        name = self.random.choice(sorted(self.model.sessions))
        self._plain().do("forget", name)
        del self.model.sessions[name]

    def verify(self) -> None:
        found = self._plain().do("verify")
        assert found == [], f"verify finds {found}"

    def close(self) -> None:
        self._plain().do("close")

    def kill(self) -> None:
        """Kill a process that does nothing, and start another of its kind."""
        self._replace(self.random.choice(self.actors))

    def kill_during(self) -> None:
        """Kill a process in the middle; each document must be as before or after, and the next time it is done."""
        actor = self._plain()
        kind = self.random.choice(["ingest", "sync", "remove", "tag", "rebuild", "keep"])
        before = self.model.seen()
        if kind in {"remove", "tag"} and not self._singles():
            kind = "ingest"
        order, apply = self._order(kind)
        actor.tell(*order)
        time.sleep(self.random.choice([0.0, 0.02, 0.1, 0.4]) * self.random.random())
        self._replace(actor)
        held = dict(self.model.sessions)
        apply()
        if kind == "keep":  # whether it was kept decides what is done next
            kept = self._examined("sessions")["sessions"]
            assert kept in (held, self.model.sessions), f"sessions are neither as before nor as after: {kept}"
            if kept == self.model.sessions:
                return
        after, now = self.model.seen(), self._examined("state")
        assert now["damage"] == [], f"after a kill there is {now['damage']}"
        for path in before.keys() | after.keys() | now["documents"].keys():
            states = (before.get(path), after.get(path))
            assert now["documents"].get(path) in states, f"{path} is neither as before nor as after {kind}"
        self._plain().do(*order)

    def together(self) -> None:
        """Let two processes write at the same time."""
        one, other = self.random.sample([actor for actor in self.actors if actor.kind == "plain"], 2)
        kinds = ["ingest", "keep", "sync"] + ["remove", "tag"] * bool(self._singles())
        first, second = self.random.sample(kinds, 2)
        orders = [self._order(first)]
        orders[0][1]()
        if second in {"remove", "tag"} and not self._singles():
            second = "ingest"
        orders.append(self._order(second))
        orders[1][1]()
        failures: list[BaseException] = []

        def work(actor: Actor, order: tuple[Any, ...]) -> None:
            try:
                actor.do(*order)
            except BaseException as error:
                failures.append(error)

        if second in {"remove", "tag"} and first != "keep":  # perhaps of what the first is about: one after the other
            for actor, (order, _) in zip((one, other), orders, strict=True):
                actor.do(*order)
            return
        threads = [
            threading.Thread(target=work, args=(actor, order))
            for actor, (order, _) in zip((one, other), orders, strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failures:
            raise failures[0]

    def upload(self) -> None:
        name, text = self._text()
        status, got = self._one("serve").request(
            "POST", f"/v1/documents?wait=true&name={name}.txt", text.encode(), "application/octet-stream"
        )
        assert status == 201, got
        self.model.documents[got["document"]["path"]] = Kept(text)

    def upload_and_kill(self) -> None:
        """Kill the server after it has accepted a file; the next one has to read it."""
        serve, (name, text) = self._one("serve"), self._text()
        status, job = serve.request("POST", f"/v1/documents?name={name}.txt", text.encode(), "application/octet-stream")
        assert status == 202, job
        time.sleep(self.random.choice([0.0, 0.3]) * self.random.random())
        serve, until = self._replace(serve), time.monotonic() + PATIENCE
        while time.monotonic() < until:
            status, got = serve.request("GET", f"/v1/documents/jobs/{job['id']}")
            assert status == 200, got
            if got["status"] in {"done", "failed"}:
                break
            time.sleep(0.02)
        assert got["status"] == "done", got
        self.model.documents[got["document"]["path"]] = Kept(text)

    def delete(self) -> None:
        serve = self._one("serve")
        _, listed = serve.request("GET", "/v1/documents")
        mine = [found for found in listed["data"] if found["uploaded"]]
        if not mine:
            return
        chosen = self.random.choice(mine)
        status, got = serve.request("DELETE", f"/v1/documents/{chosen['id']}")
        assert (status, got["deleted"]) == (200, True)
        assert not Path(chosen["path"]).exists(), "the file of a removed upload stays"
        del self.model.documents[chosen["path"]]

    def chat(self) -> None:
        question = f"What about {self.random.choice(WORDS)}?"
        body = json.dumps({"messages": [{"role": "user", "content": question}]}).encode()
        status, got = self._one("serve").request("POST", "/v1/chat/completions", body)
        assert status == 200, got
        cited = {citation["document"] for citation in got["choices"][0]["message"]["citations"]}
        assert cited <= set(self.model.documents), f"cites what is not there: {cited}"

    def watched(self) -> None:
        self._change("watched")
        self._take("watched")
        self._await_watch()

    def damage(self) -> None:
        """Damage a copy of the library, which `verify` has to find."""
        copy = self.folder / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.library, copy / "library", ignore=shutil.ignore_patterns("library.lock"))
        what = self._damage(copy / "library")
        self.log[-1] += f" ({what})"
        if what:
            found = self._examined("damaged")
            assert found["damage"], f"this damage was not found: {what}"

    # What has to hold

    def check(self, sample: int | None = 0) -> None:
        """Compare what a fresh process and each that runs sees with the model."""
        expected = self.model.seen()
        got = self._examined("everything" if sample is None else "state")
        assert got["damage"] == [], f"a fresh process finds {got['damage']}"
        assert got["documents"] == expected, _difference(got["documents"], expected)
        assert got["sessions"] == self.model.sessions, f"{got['sessions']} instead of {self.model.sessions}"
        for actor in self.actors:
            if actor.kind == "plain":
                seen = actor.do("see")
                assert seen == expected, f"a process sees {_difference(seen, expected)}"
            elif actor.kind == "serve":
                status, listed = actor.request("GET", "/v1/documents")
                seen = {found["path"]: found["tags"] for found in listed["data"]}
                tags = {path: tags for path, (_, tags) in expected.items()}
                assert (status, seen) == (200, tags), f"the server sees {seen} instead of {tags}"

    def _examined(self, how: str) -> Any:
        examiner = self._nursery.start("examine")
        try:
            return examiner.do(how)
        finally:
            examiner.kill()

    # Parts of steps

    def _order(self, kind: str) -> tuple[tuple[Any, ...], Callable[[], None]]:
        """Return an order for an actor, and what changes the model when it was done."""
        if kind == "ingest":
            before = dict(self.model.documents)
            paths = self._write_singles(self.random.randint(1, 3))
            after, self.model.documents = self.model.documents, before
            new = {path: after[path] for path in paths}
            return ("ingest", paths), lambda: self.model.documents.update(new)
        if kind == "sync":
            self._change("synced")
            return ("sync", str(self.folder / "synced")), lambda: self._take("synced")
        if kind == "rebuild":
            other = OTHER[self._embedder]
            return ("rebuild", other), lambda: setattr(self, "_embedder", other)
        if kind == "keep":
            question = f"What about {self.random.choice(WORDS)}?"
            return ("keep", "moon", question), lambda: self.model.sessions.update(
                moon=[*self.model.sessions.get("moon", []), question]
            )
        path, tag = self.random.choice(self._singles()), self.random.choice(WORDS)
        if kind == "tag":
            return ("tag", path, tag), lambda: self._tagged(path, tag)
        return ("remove", [path]), lambda: self.model.documents.pop(path) and None

    def _singles(self) -> list[str]:
        return sorted(path for path in self.model.documents if path.startswith(str(self.folder / "single")))

    def _write_singles(self, n: int) -> list[str]:
        """Write new files, or new text into known ones."""
        paths = []
        for _ in range(n):
            name, text = self._text()
            known = self._singles()
            path = self.random.choice(known) if known and self.random.random() < 0.3 else self._single(name)
            Path(path).write_text(text)
            tags = self.model.documents[path].tags if path in self.model.documents else frozenset()
            self.model.documents[path] = Kept(text, tags)
            paths.append(path)
        return list(dict.fromkeys(paths))

    def _single(self, name: str) -> str:
        return str(self.folder / "single" / f"{name}.txt")

    def _text(self) -> tuple[str, str]:
        """Return a name and a text that no other file has."""
        self._files += 1
        words = " ".join(self.random.choice(WORDS) for _ in range(self.random.randint(3, 60)))
        return f"f{self._files}", f"The file number{self._files} is about {words}."

    def _change(self, folder: str) -> None:
        """Add, change, rename and delete files of a folder."""
        for _ in range(self.random.randint(1, 3)):
            name, text = self._text()
            here = sorted((self.folder / folder).iterdir())
            kind = self.random.choice(["add", "add", "change", "delete", "rename"]) if here else "add"
            if kind == "add":
                (self.folder / folder / f"{name}.txt").write_text(text)
            elif kind == "change":
                self.random.choice(here).write_text(text)
            elif kind == "rename":
                self.random.choice(here).rename(self.folder / folder / f"{name}.txt")
            elif len(here) > 1:
                self.random.choice(here).unlink()

    def _take(self, folder: str) -> None:
        """Take over into the model what lies in a folder."""
        known, root = self.model.documents, str(self.folder / folder) + os.sep
        tags = {kept.text: kept.tags for path, kept in known.items() if path.startswith(root)}
        by_path = {path: kept.tags for path, kept in known.items() if path.startswith(root)}
        self.model.documents = {path: kept for path, kept in known.items() if not path.startswith(root)}
        for path in sorted((self.folder / folder).iterdir()):
            text = path.read_text()
            self.model.documents[str(path)] = Kept(text, by_path.get(str(path), tags.get(text, frozenset())))

    def _tagged(self, path: str, tag: str) -> None:
        kept = self.model.documents[path]
        self.model.documents[path] = Kept(kept.text, kept.tags | {tag})

    def _await_watch(self) -> None:
        """Wait until the watcher has brought the library up to date."""
        if not self._some("watch"):
            return
        root, until = str(self.folder / "watched") + os.sep, time.monotonic() + PATIENCE
        expected = {path: state for path, state in self.model.seen().items() if path.startswith(root)}
        while time.monotonic() < until:
            seen = self._plain().do("see")
            if {path: state for path, state in seen.items() if path.startswith(root)} == expected:
                return
            time.sleep(0.05)
        raise AssertionError(f"the watcher did not bring {expected}")

    def _damage(self, library: Path) -> str:
        """Damage something; return what, or nothing where there is nothing that `verify` has to find."""
        database, wal = library / "library.db", library / "library.db-wal"
        whole = not wal.exists() or not wal.stat().st_size
        kind = self.random.choice(["byte", "index", "rows", "rows"])
        if kind == "byte" and whole and (library / "library.db.sha256").exists():
            at = self.random.randrange(database.stat().st_size)
            _flip(database, at)
            return f"byte {at} of the database"
        connection = sqlite3.connect(database)
        try:
            facts = dict(connection.execute("SELECT key, value FROM meta"))
            index = library / "vectors.faiss"
            if kind == "index" and index.exists() and facts["index_file"].split()[0] == facts["generation"]:
                at = self.random.randrange(index.stat().st_size)
                _flip(index, at)
                return f"byte {at} of the index"
            (library / "library.db.sha256").unlink(missing_ok=True)
            statement = self.random.choice(SQL_DAMAGE)
            connection.execute(statement)
            connection.commit()
        finally:
            connection.close()
        return statement

    # Actors

    def _replace(self, actor: Actor) -> Actor:
        actor.kill()
        new = self.actors[self.actors.index(actor)] = self._nursery.start(actor.kind)
        if actor.kind == "watch":
            self._await_watch()
        return new

    def _some(self, kind: str) -> list[Actor]:
        return [actor for actor in self.actors if actor.kind == kind]

    def _one(self, kind: str) -> Actor:
        return self.random.choice(self._some(kind))

    def _plain(self) -> Actor:
        return self._one("plain")


def trials(folder: Path, count: int, steps: int, seed: int, first: int = 0) -> Iterator[tuple[str, list[str], str]]:
    """Yield the seed of each trial, its steps, and what went wrong in it; nothing where all is well."""
    for n in range(first, first + count):
        name, here = f"{seed}-{n}", folder / f"trial-{n}"
        with Nursery(here) as nursery:
            trial, problem = None, ""
            try:
                trial = Trial(here, nursery, name)
                trial.run(steps)
            except (AssertionError, Lost, TimeoutError) as error:
                problem = f"{type(error).__name__}: {error}"
            yield name, trial.log if trial else [], problem
        if not problem:
            shutil.rmtree(here)


def _flip(path: Path, at: int) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 0x10]))


def _difference(got: dict[str, Any], expected: dict[str, Any]) -> str:
    wrong = [path for path in got.keys() | expected.keys() if got.get(path) != expected.get(path)]
    return "; ".join(f"{Path(path).name}: {got.get(path)} instead of {expected.get(path)}" for path in sorted(wrong))


# The processes


def _main() -> None:
    import fakes  # noqa: F401
    import running  # noqa: F401

    import rag_app.storage.faiss_index
    import rag_app.writing.builder
    import rag_app.writing.verify
    import rag_app.writing.watch

    rag_app.storage.faiss_index._faiss()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the children are collected by the system
    for line in sys.stdin:
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os._exit(_act(Path(sys.argv[1]), line.strip(), sys.argv[2]))


def _act(folder: Path, kind: str, address: str) -> int:
    logging.disable(logging.WARNING)
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(address)
    stream = connection.makefile("rwb")

    def say(value: Any) -> None:
        stream.write(json.dumps(value).encode() + b"\n")
        stream.flush()

    if kind == "watch":
        say({"pid": os.getpid()})
        _watch(folder)
        return 0
    if kind == "serve":
        from crashing import open_small
        from running import serving

        with open_small(folder) as reader, open_small(folder) as writer:
            for library in (reader, writer):
                _follow(library)
            with serving(reader, writer) as served:
                say({"pid": os.getpid(), "port": served.port})
                stream.readline()  # until the end
        return 0
    say({"pid": os.getpid()})
    obey = _Examiner(folder) if kind == "examine" else _Plain(folder)
    for line in stream:
        order, *arguments = json.loads(line)
        say(obey(order, *arguments))
    return 0


def _follow(library: Library) -> None:
    """Let the library take the embedder that it belongs to now, as its user would after another's rebuild."""
    from crashing import embedder_of, small_embedder
    from fakes import fakes_of

    fakes_of(library).embedder_now = lambda: small_embedder(embedder_of(library))


def _watch(folder: Path) -> None:
    from crashing import open_small

    from rag_app.writing import watch

    watch.REST, watch._DEBOUNCE, watch._TICK = 0.15, 60, 60
    with open_small(folder) as library:
        _follow(library)

        def sync(*, only: Collection[str] | None, skip: Collection[str]) -> Any:
            return library.sync(folder / "watched", only=only, skip=skip, confirmed=True)

        while True:
            try:
                for _ in watch.watch(folder / "watched", sync, apart=folder / "library"):
                    pass
            except Exception as error:  # the first sync, while another process writes
                if type(error).__name__ != "LibraryBusy":
                    raise
                time.sleep(0.05)


class _Obeying:
    """Does what it is told, and says what came of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, order: str, *arguments: Any) -> dict[str, Any]:
        from rag_app.errors import LibraryBusy

        try:
            return {"value": getattr(self, order)(*arguments)}
        except LibraryBusy as error:
            return {"busy": True, "error": error.message}
        except Exception as error:
            return {"error": f"{type(error).__name__}: {error}"}


class _Plain(_Obeying):
    """A program that uses the library, as from Python."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._open: Library | None = None

    @property
    def library(self) -> Library:
        from crashing import open_small

        if self._open is None:
            self._open = open_small(self.folder)
            _follow(self._open)
        return self._open

    def ingest(self, paths: list[str]) -> None:
        report = self.library.ingest(paths)
        assert not report.failed, report

    def sync(self, folder: str) -> None:
        report = self.library.sync(folder, confirmed=True)
        assert not report.failed or not any(Path(folder).iterdir()), report

    def remove(self, paths: list[str]) -> None:
        self.library.remove([path for path in paths if self.library._store.document(path)])

    def tag(self, path: str, tag: str) -> None:
        self.library.tag(path, add=tag)

    def rebuild(self, name: str) -> None:
        from crashing import small_embedder
        from fakes import fakes_of

        fakes_of(self.library).embedder_now = lambda: small_embedder(name)
        self.library.rebuild()
        _follow(self.library)

    def search(self, question: str) -> list[str]:
        found = []
        for mode in ("hybrid", "dense", "keyword"):
            hits = self.library.search(question, 50, mode=mode, rerank=False)  # type: ignore[arg-type]
            assert mode == "keyword" or len(hits) == min(50, self.library._store.count()), f"{len(hits)} in {mode}"
            found += [hit.document for hit in hits]
        return found

    def ask(self, question: str) -> list[str]:
        return [citation.document for citation in self.library.ask(question).citations]

    def keep(self, name: str, question: str) -> None:
        self.library.keep(name, self.library.ask(question))

    def forget(self, name: str) -> None:
        self.library.remove_sessions(name)

    def verify(self) -> list[str]:
        return [f"{d.path}: {d.detail}" for d in self.library.verify(0).differences]

    def see(self) -> dict[str, Any]:
        return _seen(self.library)

    def close(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None


class _Examiner(_Obeying):
    """A process that opens the library for the first time."""

    def state(self, sample: int | None = 0) -> dict[str, Any]:
        from crashing import open_small

        with open_small(self.folder) as library:
            damage = library._store.check()
            damage += [f"{d.path}: {d.detail}" for d in library.verify(sample).differences if self._counts(d, sample)]
            index = library._index.get()
            if len(index) != library._store.count() or index.differing(library._store.vectors_of):
                damage.append("the vector index is not a copy of the library")
            return {"damage": damage, "documents": _seen(library), "sessions": _sessions(library)}

    def everything(self) -> dict[str, Any]:
        return self.state(None)

    def sessions(self) -> dict[str, Any]:
        from crashing import open_small

        with open_small(self.folder) as library:
            return {"sessions": _sessions(library)}

    def damaged(self) -> dict[str, Any]:
        """Look at the copy of the library as it is."""
        from fakes import make_settings

        from rag_app.errors import RagError
        from rag_app.library import Library

        settings = make_settings(self.folder / "copy", passage_tokens=32, overlap_tokens=0)
        try:
            with Library.open(settings=settings, create=False, repair=False) as library:
                return {"damage": [f"{d.path}: {d.detail}" for d in library.verify(0).differences]}
        except RagError as error:
            return {"damage": [error.message]}

    def _counts(self, difference: Any, sample: int | None) -> bool:
        """Tell whether a difference is one after a step; in the middle of one files may be newer."""
        return sample is None or difference.kind == "damaged"


def _seen(library: Library) -> dict[str, Any]:
    """Return the text and the tags of each document by its paths.

    A watcher may take a document out between the list and the reading: then the list is not true any more, and another
    look is taken.
    """
    from rag_app.errors import UsageError

    until = time.monotonic() + PATIENCE
    while True:
        try:
            return {
                path: [library._store.read(path).text, list(document.tags)]
                for document in library.documents()
                for path in document.paths
            }
        except UsageError:
            if time.monotonic() > until:
                raise


def _sessions(library: Library) -> dict[str, list[str]]:
    return {s.name: [turn.answer.question for turn in library.session(s.name)] for s in library.sessions()}


if __name__ == "__main__":
    _main()
