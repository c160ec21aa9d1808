"""`rag serve` as a process: started, asked, interrupted."""

from __future__ import annotations

import logging
import re
import signal
import sys
import time
from typing import TYPE_CHECKING

import httpx
import pytest
from helpers_cli import finish, rag, start
from running import filled

from rag_app.cli.serve import _Plain

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="interrupts are sent differently there"),
]


def address(process: subprocess.Popen[bytes]) -> str:
    """Return where a server listens, from its first line."""
    assert process.stderr is not None
    found = re.search(r"http://127\.0\.0\.1:\d+", process.stderr.readline().decode())
    assert found
    return found[0]


def healthy(url: str) -> bool:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        try:
            return httpx.get(f"{url}/health").json() == {"status": "ok"}
        except httpx.ConnectError:
            time.sleep(0.05)
    return False


def test_the_server_answers_until_it_is_interrupted(tmp_path: Path) -> None:
    library = filled(tmp_path) / "library"
    process = start("serve", "--port", "0", "--library", library, "--verbose")
    url = address(process)
    assert healthy(url)
    body = {"messages": [{"role": "user", "content": "How long is the notice period?"}]}
    message = httpx.post(f"{url}/v1/chat/completions", json=body, timeout=20).json()["choices"][0]["message"]
    assert message["status"] == "answered"
    kind = {"content-type": "multipart/form-data; boundary=x"}
    assert httpx.post(f"{url}/v1/documents", content=b"no form", headers=kind).status_code == 400
    process.send_signal(signal.SIGINT)
    run = finish(process, timeout=20)
    assert run.code == 130
    assert "POST /v1/chat/completions 200" in run.error
    assert " WARNING " not in run.error
    assert "notice" not in run.error


def test_an_answer_does_not_hold_up_the_end(tmp_path: Path) -> None:
    library, begun = filled(tmp_path) / "library", tmp_path / "begun"
    process = start("serve", "--port", "0", "--library", library, env={"TEST_PAUSE": "2", "TEST_BEGUN": str(begun)})
    url = address(process)
    assert healthy(url)
    body = {"messages": [{"role": "user", "content": "How long is the notice period?"}], "stream": True}
    with httpx.stream("POST", f"{url}/v1/chat/completions", json=body, timeout=30) as answer:
        assert answer.status_code == 200
        process.send_signal(signal.SIGINT)
        asked = time.monotonic()
        assert finish(process, timeout=30).code == 130
    assert time.monotonic() - asked < 15


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--host", "192.0.2.1"), "no key yet"),
        (("--host", "not a host"), "no key yet"),
        (("--allow-origin", "*"), "is not the origin of a site"),
    ],
)
def test_what_cannot_be_served_says_why(tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    run = rag("serve", *arguments, "--port", "0", "--library", tmp_path / "library")
    assert (run.code, message in run.message) == (1, True)


def test_an_address_that_is_taken_or_not_ours_says_so(tmp_path: Path) -> None:
    library = tmp_path / "library"
    first = start("serve", "--port", "0", "--library", library)
    url = address(first)
    port = url.rpartition(":")[2]
    second = rag("serve", "--port", port, "--library", tmp_path / "other")
    assert (second.code, second.message) == (1, f"Cannot listen on 127.0.0.1, port {port}: Address already in use.")
    first.send_signal(signal.SIGINT)
    finish(first, timeout=20)
    rag("keys", "add", "mine", "--library", library)
    other = rag("serve", "--host", "192.0.2.1", "--port", "0", "--library", library)
    assert other.message.startswith("Cannot listen on 192.0.2.1")


def test_a_line_of_the_log_steers_no_terminal() -> None:
    record = logging.LogRecord("rag_app", logging.WARNING, "", 0, "%s came", ("\x1b[31mred\x07\u202e",), None)
    assert _Plain("%(levelname)s %(message)s").format(record) == "WARNING [31mred came"
