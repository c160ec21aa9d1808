"""Let a storm pass over `rag serve`, and print what it did to `/health`, to memory and to the library.

    python benchmarks/storm.py                     # the sample PDFs and the models of your settings
    python benchmarks/storm.py --fake --seconds 30 # models made of words, which take no time

Needs the tests beside it, and Linux. What other work on the machine costs is in the times of `/health`, too.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

import storming  # noqa: E402

MIB = 2**20
CALM = storming.Storm(10.0, asking=0, leaving=0, slow=0, trickling=0, huge=0, hostile=0)
QUESTIONS = (
    "I bought my Aquilo dishwasher second-hand. Does the maker's guarantee still apply to me?",
    "How long is the notice period?",
    "How often must the filter be cleaned?",
    "What does the contract say about pets?",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fake", action="store_true", help="with models made of words")
    parser.add_argument("--seconds", type=float, default=120.0, help="of the storm")
    parser.add_argument("--rest", type=float, default=45.0, help="seconds of quiet before memory is read again")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = run(Path(folder) / "library", options.fake, options.seconds, options.rest)
    print(json.dumps(figures) if options.json else shown(figures))
    bad = (
        figures["health_p99_ms"] >= 100
        or figures["memory_growth_mib"] > 50
        or not (figures["documents_kept"] and figures["answers_again"])
    )
    sys.exit(bad or any("broken" in name or "taken" in name or "without" in name for name in figures["clients"]))


def run(library: Path, fake: bool, seconds: float, rest: float) -> dict[str, Any]:
    """Return the figures of one storm over a new library of the sample PDFs."""
    program, env = [sys.executable, "-m", "rag_app"], None
    if fake:
        import helpers_cli

        program, env = list(helpers_cli.WITH_WORDS), helpers_cli.environment(**helpers_cli.WORDS)
    subprocess.run([*program, "ingest", ROOT / "data" / "samples", "--library", library], check=True, env=env)
    log = library.parent / "log"
    with log.open("w") as written:
        server = subprocess.Popen(
            [*program, "serve", "--port", "0", "--library", library], env=env, stderr=written, start_new_session=True
        )
    try:
        while not (found := re.search(r"http://127\.0\.0\.1:(\d+)/", log.read_text())):
            time.sleep(0.1)
        return (
            figures_of(int(found[1]), server.pid, seconds, rest)
            | {"load_of_the_machine": os.getloadavg()[0]}
            | {"log_lines": len(log.read_text().splitlines())}
        )
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(60)
        print(log.read_text()[:5000], file=sys.stderr)


def figures_of(port: int, pid: int, seconds: float, rest: float) -> dict[str, Any]:
    """Warm the server up, let the storm pass, and compare."""
    for question in QUESTIONS:
        ask(port, question)
    time.sleep(5)
    idle, documents = storming.memory(pid), names(port)
    calm = asyncio.run(storming.rage(port, CALM, QUESTIONS))
    damage = asyncio.run(storming.rage(port, storming.Storm(seconds), QUESTIONS))
    ended = time.monotonic()
    while storming.figure(port, "rag_queue") and time.monotonic() < ended + 600:
        time.sleep(0.05)
    free = time.monotonic() - ended
    at_once = storming.memory(pid)
    time.sleep(rest)
    after = storming.memory(pid)
    return {
        "clients": dict(sorted(damage.counts.items())),
        "health_p99_before_ms": round(calm.quantile(0.99) * 1000, 1),
        "health_answers": len(damage.health),
        "health_p50_ms": round(damage.quantile(0.5) * 1000, 1),
        "health_p99_ms": round(damage.quantile(0.99) * 1000, 1),
        "health_max_ms": round(max(damage.health) * 1000, 1),
        "free_after_s": round(free, 2),
        "memory_idle_mib": round(idle / MIB),
        "memory_at_the_end_mib": round(at_once / MIB),
        "memory_after_mib": round(after / MIB),
        "memory_growth_mib": round((after - idle) / MIB),
        "documents_kept": names(port) == documents,
        "answers_again": any(ask(port, QUESTIONS[0]) for _ in range(3)),
    }


def ask(port: int, question: str) -> str:
    """Return the answer; nothing where it took longer than the server allows."""
    body = json.dumps({"messages": [{"role": "user", "content": question}]}).encode()
    address = f"http://127.0.0.1:{port}{storming.CHAT}"
    request = urllib.request.Request(address, body, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=600) as answer:
            return str(json.load(answer)["choices"][0]["message"]["content"])
    except urllib.error.HTTPError as error:
        print(f"{error}: {question}", file=sys.stderr)
        return ""


def names(port: int) -> list[str]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/documents", timeout=60) as answer:
        return [document["id"] for document in json.load(answer)["data"]]


def shown(figures: dict[str, Any]) -> str:
    clients = figures.pop("clients")
    lines = ["| clients | |", "|---|---|", *(f"| {name} | {n:,} |" for name, n in clients.items())]
    lines += ["", "| | |", "|---|---|", *(f"| {name.replace('_', ' ')} | {n:,} |" for name, n in figures.items())]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
