"""The `rag` command in a subprocess: the real program, or the same with models made of words.

`python helpers_cli.py ARGS` is `rag ARGS` where the models of the registry are replaced by those of `fakes.py`; two
of the names that it knows, `words` and `other-words`, are embedders with different fingerprints.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

WITH_WORDS = (sys.executable, __file__)
REAL = (sys.executable, "-m", "rag_app")
WORDS = {"RAG_EMBEDDER": "words", "RAG_RERANKER": "shared-words", "RAG_GENERATOR": "script"}
_WITH_MODELS = {
    ("ingest",),
    ("sync",),
    ("watch",),
    ("search",),
    ("ask",),
    ("chat",),
    ("rebuild",),
    ("eval",),
    ("calibrate",),
    ("serve",),
}
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV", "PYTHONPATH")
# what a terminal acts on, or what hides text from its reader; a line feed and a tab are text
STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


@dataclass(frozen=True, slots=True)
class Run:
    """How a command ended."""

    code: int
    out: str
    error: str

    @property
    def json(self) -> Any:
        """The one JSON object on standard output, whose lines are otherwise empty."""
        lines = self.out.splitlines()
        assert len(lines) == 1, f"not one line of JSON: {self.out!r}, {self.error!r}"
        value = json.loads(lines[0])
        assert isinstance(value, dict)
        return value

    @property
    def message(self) -> str:
        """The text of the one `error:` line, after a check that it is the contract's error output."""
        return self._problem()[0]

    @property
    def hint(self) -> str:
        """The text of the one `hint:` line."""
        return self._problem()[1]

    def _problem(self) -> tuple[str, str]:
        lines = self.error.splitlines()
        kinds = [line.partition(": ")[0] for line in lines]
        assert kinds == ["error", "hint"], self.error
        message, hint = (line.partition(": ")[2] for line in lines)
        assert "[Errno" not in message
        return message, hint


def environment(**more: str) -> dict[str, str]:
    """Return an environment without the user's settings, and with no network."""
    known = {name: os.environ[name] for name in _KEPT if name in os.environ}
    fixed = {"XDG_CONFIG_HOME": "/nonexistent", "RAG_OFFLINE": "1"}
    return known | fixed | {"COLUMNS": "100", "TERM": "dumb", "NO_COLOR": "1"} | more


def start(
    *arguments: str | bytes | Path,
    program: Sequence[str] | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    **streams: Any,
) -> subprocess.Popen[bytes]:
    """Start `rag`, with models made of words where they are needed, unless `program` says otherwise.

    Ctrl-C is in its usual state, whatever the test run was started from.
    """
    program = program or (WITH_WORDS if arguments[:1] in _WITH_MODELS else REAL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    more = (WORDS if program is WITH_WORDS else {}) | dict(env or {})
    options: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen([*program, *arguments], env=environment(**more), cwd=cwd, **(options | streams))


def rag(*arguments: str | bytes | Path, stdin: bytes | None = None, timeout: float = 120, **how: Any) -> Run:
    """Run `rag` to its end, and check what holds for every run: no traceback, and nothing that steers a terminal."""
    if stdin is not None:
        how["stdin"] = subprocess.PIPE
    return finish(start(*arguments, **how), stdin, timeout)


def finish(process: subprocess.Popen[bytes], stdin: bytes | None = None, timeout: float = 120) -> Run:
    """Wait for the end of a process that `start` has started."""
    with process:
        try:
            out, error = process.communicate(stdin, timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    run = Run(process.returncode, (out or b"").decode(), (error or b"").decode())
    assert "Traceback" not in run.error, run.error
    assert not STEERING.search(run.out + run.error), f"{run.out!r} {run.error!r}"
    return run


def wait_for(condition: Callable[[], object], seconds: float = 60) -> None:
    """Return when `condition` holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def _main() -> None:
    """Run the program with the models of `fakes.py`.

    TEST_PAUSE is the seconds that they take for a passage or word, TEST_BEGUN a file that appears when the generator
    begins to write, TEST_DEADLY a word that ends the process when it is embedded, TEST_FILE_SIZE the bytes that a file
    may have.
    """
    import resource
    from pathlib import Path
    from types import SimpleNamespace

    sys.modules["fpdf"] = SimpleNamespace(FPDF=None)  # type: ignore[assignment]  # half a second, to make files only
    import fakes

    from rag_app.__main__ import main
    from rag_app.models.catalogue import InstalledModel, chosen
    from rag_app.models.loaded import LoadedModels

    if limit := int(os.environ.get("TEST_FILE_SIZE", "0")):
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    pause = float(os.environ.get("TEST_PAUSE", "0"))
    begun = Path(os.environ["TEST_BEGUN"]) if "TEST_BEGUN" in os.environ else None
    deadly = os.environ.get("TEST_DEADLY")

    class Embedder(fakes.WordEmbedder):
        def __init__(self, model: InstalledModel) -> None:
            super().__init__(1024 if model.name == "other-words" else 2048)
            self.name, self.fingerprint = model.name, model.fingerprint

        def embed_question(self, text: str) -> Any:
            if deadly and deadly in text:
                os.kill(os.getpid(), signal.SIGKILL)
            time.sleep(pause)
            return super().embed_question(text)

    class Generator(fakes.ScriptedGenerator):
        def stream(self, *arguments: Any, **options: Any) -> Iterator[str]:
            for piece in super().stream(*arguments, **options):
                if begun:
                    begun.touch()
                time.sleep(pause)
                yield piece

    class Words(LoadedModels):
        """Models that are made of words, by the names that the settings give them."""

        def _load_embedder(self) -> Any:
            return Embedder(self._installed("embedder"))

        def _load_reranker(self) -> Any:
            self._installed("reranker")
            return fakes.WordReranker()

        def _load_generator(self) -> Any:
            self._installed("generator")
            return Generator()

        def _installed(self, role: Any) -> InstalledModel:
            name = chosen(self._settings)[role]
            if name in {"words", "other-words", "shared-words", "script"}:
                return InstalledModel(name, role, self._settings.models / name, None, name.ljust(64, "0"))
            return super()._installed(role)

    main(Words)


if __name__ == "__main__":
    _main()
