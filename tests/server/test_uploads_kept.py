"""Uploads to a real server that is killed, stopped and started again; `python benchmarks/uploads.py` does it longer."""

from __future__ import annotations

import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import uploading
from fakes import open_library
from helpers_cli import wait_for

from rag_app.server.intake import THRICE

if TYPE_CHECKING:
    from pathlib import Path

    from rag_app.storage.jobs import Job

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="processes are ended differently there"),
]

UPLOADS = int(os.environ.get("RAG_TEST_UPLOADS", "12"))
ENDS = int(os.environ.get("RAG_TEST_ENDS", "3"))
POISON = "This text is lethal."


def jobs(folder: Path) -> list[Job]:
    with open_library(folder) as library:
        return library.jobs.all()


def test_all_that_was_accepted_is_in_the_library_once_whenever_the_server_is_killed(tmp_path: Path) -> None:
    trial = uploading.trial(tmp_path, UPLOADS, ENDS, seed=5)
    assert trial.problems == []
    assert (len(trial.accepted), trial.counts["ends"]) == (UPLOADS, ENDS)


def test_a_file_that_kills_the_server_is_tried_three_times_and_says_so(tmp_path: Path) -> None:
    with uploading.Server(tmp_path, {"TEST_DEADLY": "lethal"}) as server:
        server.up()
        poison = server.upload("poison.txt", POISON).json()["id"]
        assert server.wait() == -signal.SIGKILL
        for _ in range(2):
            server.start()
            assert server.wait() == -signal.SIGKILL
        server.up()
        wait_for(lambda: server.ended(poison))
        job = server.job(poison)
        assert (job["status"], job["reason"], job["document"]) == ("failed", THRICE, None)
        other = server.upload("pool.txt", "The pool opens at seven.").json()["id"]
        wait_for(lambda: server.ended(other))
        assert server.job(other)["status"] == "done"
    assert [path.name for path in (tmp_path / "library" / "uploads").glob("*/*")] == ["pool.txt"]


def test_a_server_that_is_stopped_hands_over_what_it_reads(tmp_path: Path) -> None:
    with uploading.Server(tmp_path, {"TEST_PAUSE": "600"}) as server:  # longer than any time of grace, without a step
        server.up()
        job = server.upload("pool.txt", "The pool opens at seven.").json()["id"]
        wait_for(lambda: server.job(job)["status"] == "reading")
        assert server.stop(signal.SIGTERM) == -signal.SIGTERM
    assert [(job.status, job.tries) for job in jobs(tmp_path)] == [("queued", 0)]
    with uploading.Server(tmp_path) as server:
        server.up()
        wait_for(lambda: server.ended(job))
        assert server.job(job)["status"] == "done"


def test_a_stopping_server_says_what_was_accepted_and_that_the_rest_is_to_be_asked_again(tmp_path: Path) -> None:
    body: dict[str, Any] = {"content": b"The pool opens at seven.", "headers": uploading.BINARY}
    slow = {"TEST_PAUSE": "12"}  # requests have 5 seconds
    with uploading.Server(tmp_path, slow) as server, ThreadPoolExecutor() as clients:
        server.up()
        url = f"http://127.0.0.1:{server.port}/v1"
        upload = clients.submit(httpx.post, f"{url}/documents?name=pool.txt&wait=true", timeout=60, **body)
        search = clients.submit(httpx.post, f"{url}/search", json={"question": "pool"}, timeout=60)
        wait_for(lambda: "rag_queue 1" in server.get("/metrics").text)
        wait_for(lambda: any(job.status == "reading" for job in jobs(tmp_path)))
        assert server.stop(signal.SIGTERM) == -signal.SIGTERM
        assert (upload.result().status_code, upload.result().json()["name"]) == (202, "pool.txt")
        refused = search.result()
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        assert refused.json()["error"] == {
            "message": "The server is stopping. Try again in a moment.",
            "type": "server_error",
            "code": "stopping",
        }
        assert "Traceback" not in server.log.read_text()
    assert [job.id for job in jobs(tmp_path)] == [upload.result().json()["id"]]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_second_signal_ends_the_server_at_once(tmp_path: Path, number: signal.Signals) -> None:
    with uploading.Server(tmp_path, {"TEST_PAUSE": "600"}) as server:
        server.up()
        job = server.upload("pool.txt", "The pool opens at seven.").json()["id"]
        wait_for(lambda: server.job(job)["status"] == "reading")
        server.send(number)
        wait_for(lambda: not server.healthy())  # it takes the first one in
        assert server.stop(number) == -number
    assert [(job.status, job.tries) for job in jobs(tmp_path)] == [("reading", 1)]  # nothing was handed over
