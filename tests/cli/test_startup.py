"""What a start costs: `rag --help` answers at once, and heavy libraries wait until they are needed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
HEAVY = {
    "torch",
    "sentence_transformers",
    "transformers",
    "tokenizers",
    "safetensors",
    "openvino",
    "onnx",
    "onnxruntime",
    "faiss",
    "llama_cpp",
    "langchain",
    "langchain_core",
    "langchain_classic",
    "langchain_community",
    "langchain_text_splitters",
    "pypdf",
    "docx",
    "pptx",
    "openpyxl",
    "lxml",
    "markdown_it",
    "pypdfium2",
    "rapidocr",
    "pytrec_eval",
    "scipy",
    "numpy",
    "huggingface_hub",
    "prompt_toolkit",
    "watchfiles",
    "fastapi",
    "starlette",
    "uvicorn",
    "rich",
}
LIMIT = 0.2  # seconds of processor time from the start of the interpreter to its end
TRIES = 5

# Runs the help inside the interpreter, and tells the modules that this has loaded and the seconds it took.
HELP = """
import contextlib, io, json, sys, time
begun = time.process_time()
sys.argv = ["rag", *sys.argv[1:]]
from rag_app.__main__ import main
shown = io.StringIO()
with contextlib.redirect_stdout(shown), contextlib.suppress(SystemExit):
    main()
spent = time.process_time() - begun
print(json.dumps({"shown": shown.getvalue(), "loaded": sorted(sys.modules), "spent": spent}))
"""
IMPORT = """
import importlib, json, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
print(json.dumps(sorted(sys.modules)))
"""


def python(code: str, *arguments: str) -> str:
    """Run `code` in an interpreter of its own and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "100"},
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def packages(modules: list[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules}


@pytest.mark.parametrize("arguments", [["--help"], ["ask", "--help"], ["documents", "show", "--help"], ["--version"]])
def test_help_loads_no_heavy_library(arguments: list[str]) -> None:
    run = json.loads(python(HELP, *arguments))
    assert run["shown"].startswith(("Usage: rag", "rag-app "))
    assert packages(run["loaded"]) & HEAVY == set()


@pytest.mark.parametrize(
    "module", ["rag_app", "ingest", "prompts", "rag_app.cli.app", "rag_app.library", "rag_app.console.chat"]
)
def test_an_import_loads_no_heavy_library(module: str) -> None:
    assert packages(json.loads(python(IMPORT, module))) & HEAVY == set()


def test_every_module_but_the_doors_can_be_imported_without_heavy_libraries() -> None:
    # `retriever`, `vector_store` and `tool` subclass langchain's classes, and the servers are made of the parts of
    # their frameworks, and the fast pages of a PDF are pypdf's, so they cannot wait; nothing imports them at its top
    doors = {
        "rag_app.langchain.retriever",
        "rag_app.langchain.vector_store",
        "rag_app.langchain.tool",
        "rag_app.server.mcp",
        "rag_app.__main__",
        "ingest.readers.content",
        "ingest.readers.quick_page",
        "ingest.readers.shown",
    }
    names = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for package in ("rag_app", "ingest", "prompts")
        for path in sorted((ROOT / package).rglob("*.py"))
    ]
    wanted = [name for name in names if name not in doors and not name.startswith("rag_app.server.")]
    assert len(wanted) > 30
    assert packages(json.loads(python(IMPORT, *wanted))) & HEAVY == set()


def test_the_start_of_the_command_loads_nothing_of_ours_before_it_can_handle_an_interruption() -> None:
    loaded = set(json.loads(python(IMPORT, "rag_app.__main__")))
    assert {name for name in loaded if name.startswith("rag_app")} == {"rag_app", "rag_app.__main__"}


def test_everything_public_can_be_imported_from_the_package() -> None:
    import rag_app

    assert {name: getattr(rag_app, name) is not None for name in rag_app.__all__} == dict.fromkeys(
        rag_app.__all__, True
    )
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        rag_app.Nothing  # noqa: B018


def test_help_answers_in_a_fifth_of_a_second() -> None:
    # processor time, not time on the clock: other programs may be running
    spent = min(json.loads(python(HELP, "--help"))["spent"] for _ in range(TRIES))
    interpreter = min(float(python("import time; print(time.process_time())")) for _ in range(TRIES))
    assert spent + interpreter < LIMIT, f"{spent:.3f} s for the program and {interpreter:.3f} s for the interpreter"


def test_the_import_contract_holds() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"].get("importlinter")
    if not contracts:
        pytest.skip("no import contract is configured")
    pytest.importorskip("importlinter")
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command; lint_imports_command()",
            "--no-cache",
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout
