"""A server in a process of its own that is killed at random while files are uploaded, and what has to hold after."""

from __future__ import annotations

import hashlib
import random
import re
import signal
import subprocess
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import httpx
from fakes import open_library
from helpers_cli import start, wait_for

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

WORDS = ("apple", "pear", "river", "stone", "wood", "seven", "moon", "cloud", "iron", "silk", "amber", "night", "salt")
BINARY = {"content-type": "application/octet-stream"}
PATIENCE = 120.0  # seconds for all jobs to end once nothing is killed any more


class Server:
    """`rag serve` over the library in a folder, with models made of words; it can be killed and started again."""

    def __init__(self, folder: Path, env: Mapping[str, str] | None = None) -> None:
        self.library = folder / "library"
        self.log = folder / "log"
        self._env = dict(env or {})
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0

    def start(self) -> None:
        """Start the process; it does not listen yet."""
        self.log.write_bytes(b"")
        self.port = 0
        with self.log.open("wb") as log:
            arguments = ("serve", "--port", "0", "--library", self.library)
            self._process = start(*arguments, env=self._env, stdout=subprocess.DEVNULL, stderr=log)

    def listening(self) -> bool:
        """Tell whether it has said where it listens."""
        found = re.search(rb"http://127\.0\.0\.1:(\d+)/", self.log.read_bytes())
        self.port = int(found[1]) if found else 0
        return bool(found)

    def healthy(self) -> bool:
        """Tell whether it answers."""
        with suppress(httpx.HTTPError):
            return self.listening() and self.get("/health").status_code == 200
        return False

    def up(self) -> None:
        """Start it, and wait until it answers."""
        self.start()
        wait_for(self.healthy)

    def get(self, path: str) -> httpx.Response:
        return httpx.get(f"http://127.0.0.1:{self.port}{path}", timeout=30)

    def upload(self, name: str, text: str) -> httpx.Response:
        url = f"http://127.0.0.1:{self.port}/v1/documents"
        return httpx.post(url, params={"name": name}, content=text.encode(), headers=BINARY, timeout=30)

    def job(self, identifier: str) -> dict[str, Any]:
        """Return what a job's id answers; an empty dictionary where it is not known."""
        answer = self.get(f"/v1/documents/jobs/{identifier}")
        value: dict[str, Any] = answer.json() if answer.status_code == 200 else {}
        return value

    def ended(self, identifier: str) -> bool:
        return self.job(identifier).get("status") in {"done", "failed"}

    def send(self, number: signal.Signals) -> None:
        assert self._process
        self._process.send_signal(number)

    def wait(self, seconds: float = 60) -> int:
        """Wait for the end of the process; return how it ended."""
        assert self._process
        return self._process.wait(seconds)

    def stop(self, number: signal.Signals = signal.SIGKILL) -> int:
        """Send a signal, and wait for the end."""
        self.send(number)
        return self.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process and self._process.poll() is None:
            self.stop()


@dataclass(slots=True)
class Trial:
    """What was accepted, what happened, and what is wrong."""

    accepted: dict[str, str] = field(default_factory=dict)  # the text of each upload, by the id of its job
    counts: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)


def trial(folder: Path, uploads: int, kills: int, seed: int) -> Trial:
    """Upload files to a server that is ended at random moments and started again; return what became of them."""
    chance, result = random.Random(seed), Trial()
    files = [_file(chance, n) for n in range(uploads)]
    for n in chance.sample(range(1, uploads), uploads // 20):  # some were sent before
        files[n] = (files[n][0], files[chance.randrange(n)][1])
    with Server(folder) as server:
        clients = [
            threading.Thread(target=_send, args=(server, files[part::2], result, kills, part)) for part in range(2)
        ]
        server.up()
        for client in clients:
            client.start()
        for _ in range(kills):
            _disturb(server, chance, result)
            server.start()
            result.counts["ends"] += 1
            if chance.random() < 0.8:
                wait_for(server.healthy)
                _ask_for_some(server, chance, result)
        wait_for(server.healthy)
        for client in clients:
            client.join()
        until = time.monotonic() + PATIENCE
        while not all(server.ended(job) for job in result.accepted) and time.monotonic() < until:
            time.sleep(0.2)
        _check_jobs(server, result)
        server.stop(signal.SIGTERM)
        server.up()
        _check_jobs(server, result)  # long after their end, too
    _check_library(folder, files, result)
    return result


def _file(chance: random.Random, n: int) -> tuple[str, str]:
    lines = [" ".join(chance.choices(WORDS, k=12)).capitalize() + "." for _ in range(chance.choice((1, 5, 60)))]
    return f"note {n}.txt", f"Note {n} of the trial.\n\n" + "\n\n".join(lines) + "\n"


def _send(server: Server, files: list[tuple[str, str]], result: Trial, kills: int, part: int) -> None:
    """Upload each file until it is accepted, spread over all the time in which the server is killed."""
    for n, (name, text) in enumerate(files):
        while result.counts["ends"] < kills * n // len(files):
            time.sleep(0.02)
        while True:
            try:
                answer = server.upload(name, text)
            except httpx.HTTPError:
                result.counts["no answer"] += 1
                time.sleep(0.05)
                continue
            if answer.status_code == 202:
                result.accepted[answer.json()["id"]] = text
                break
            result.counts[f"status {answer.status_code}"] += 1
            if answer.status_code not in {429, 503}:
                result.problems.append(f"{name}: {answer.text}")
                break
            time.sleep(0.2)


def _disturb(server: Server, chance: random.Random, result: Trial) -> None:
    """End the server, wherever it is."""
    time.sleep(chance.choice((0.0, chance.uniform(0, 0.5), chance.uniform(0, 4))))
    kind = chance.choice((*["kill"] * 6, "term", "term and kill", "term twice", "int"))
    result.counts[kind] += 1
    server.send({"kill": signal.SIGKILL, "int": signal.SIGINT}.get(kind, signal.SIGTERM))
    if kind in {"term and kill", "term twice"}:
        time.sleep(chance.uniform(0, 0.5))
        server.send(signal.SIGKILL if kind == "term and kill" else signal.SIGTERM)
    server.wait()


def _ask_for_some(server: Server, chance: random.Random, result: Trial) -> None:
    known = sorted(result.accepted)
    for job in chance.sample(known, min(3, len(known))):
        if not server.job(job):
            result.problems.append(f"{job} is not known after a restart")


def _check_jobs(server: Server, result: Trial) -> None:
    for job, text in result.accepted.items():
        value = server.job(job)
        document = value.get("document") or {}
        if value.get("status") != "done" or not document:
            result.problems.append(f"{job} is {value}")
        elif value["passages_done"] != value["passages"] or value["passages"] != document["chunks"]:
            result.problems.append(f"{job} has wrong figures: {value}")
        elif document["bytes"] != len(text.encode()):
            result.problems.append(f"{job} became another document: {value}")


def _check_library(folder: Path, files: list[tuple[str, str]], result: Trial) -> None:
    with open_library(folder) as library:
        found = Counter(document.sha256 for document in library.documents())
        wanted = {hashlib.sha256(text.encode()).hexdigest() for _, text in files}
        if found != Counter(wanted):
            missing, extra = wanted - found.keys(), found - Counter(wanted)
            result.problems.append(f"{len(missing)} documents are missing, {extra.total()} are there twice or unasked")
        result.problems += [f"{d.path}: {d.detail}" for d in library.verify(None).differences]
        jobs = library.jobs.all()
        result.counts["tried again"] = sum(job.tries > 1 for job in jobs)
        result.problems += [f"{job.id} is still {job.status}" for job in jobs if job.ended is None]
        needed = {path for document in library.documents() for path in document.paths}
        known = {str(folder / "library" / "uploads" / job.path) for job in jobs}
    stored = {str(path) for path in (folder / "library" / "uploads").glob("*/*")}
    if not needed <= stored:
        result.problems.append("files of documents are gone")
    if (stored & known) - needed:
        result.problems.append("files that nobody needs are left")
    result.counts["orphans"] = len(stored - known)
