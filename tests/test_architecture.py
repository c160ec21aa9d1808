"""docs/architecture.md names every room and every module; `python tests/test_architecture.py` writes its table anew."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "architecture.md"
BEGIN, END = "<!-- rooms: written by tests/test_architecture.py -->\n", "<!-- end of rooms -->\n"

UNDRAWN = {"rag_app", "lettering", "readers", "tables", "web", "workbook"}  # parts of a room, and what holds all


def rooms() -> list[Path]:
    """Return the packages, in the order of the contract: each may import those that come after it."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    layers = [name.strip() for layer in contracts[0]["layers"] for name in layer.split("|")]
    ordered = [ROOT.joinpath(*name.split(".")) for name in layers]
    packages = [path for path in ordered if path.is_dir()]
    inner = ("ingest/lettering", "ingest/readers", "ingest/readers/web", "ingest/readers/workbook", "ingest/tables")
    return [*packages, *(ROOT / name for name in ("rag_app", "ingest", *inner, "prompts"))]


def owned(room: Path) -> str:
    """Return the first line of a room's docstring."""
    text = ast.get_docstring(ast.parse((room / "__init__.py").read_text(encoding="utf-8"))) or ""
    return text.partition("\n")[0]


def modules(room: Path) -> list[str]:
    """Return the names of a room's modules."""
    return sorted(path.stem for path in room.glob("*.py") if path.stem not in ("__init__", "__main__"))


def table() -> str:
    """Return a row for each room: its name, what it owns, its modules."""
    rows = [
        f"| `{room.relative_to(ROOT).as_posix().removeprefix('rag_app/')}` | {owned(room)} "
        f"| {', '.join(f'`{name}`' for name in modules(room))} |\n"
        for room in rooms()
    ]
    return "".join(["| room | owns | modules |\n", "|---|---|---|\n", *rows])


def generated(page: str) -> str:
    """Return the page with the table in its place."""
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}{table()}{END}{after}"


def test_the_page_names_every_room_and_module_as_the_tree_has_them() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == generated(page), "run python tests/test_architecture.py"


def test_every_package_of_the_program_is_a_room_of_the_contract() -> None:
    packages = {path.parent for name in ("rag_app", "ingest", "prompts") for path in (ROOT / name).rglob("__init__.py")}
    assert packages == set(rooms())


def test_every_room_says_in_one_line_what_it_owns() -> None:
    assert [room.name for room in rooms() if not owned(room).endswith(".")] == []


def test_the_drawing_shows_every_room() -> None:
    [drawing] = re.findall(r"```text\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    shown = set(re.findall(r"\w+", drawing))
    assert {room.name for room in rooms()} - UNDRAWN <= shown
    assert {*modules(ROOT / "rag_app")} <= shown


def test_every_room_has_a_paragraph() -> None:
    begun = re.findall(r"^\*\*`(\w+)`", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert begun == [room.name for room in rooms() if room.name not in UNDRAWN]


def test_the_journeys_pass_through_modules_that_are_there() -> None:
    names = {room.name: {*modules(room)} for room in rooms()}
    text = PAGE.read_text(encoding="utf-8").replace(table(), "")
    told = [pair for pair in re.findall(r"`(\w+)\.(\w+)`", text) if pair[0] in names]
    assert len(told) > 20
    assert [f"{room}.{name}" for room, name in told if name not in names[room]] == []


if __name__ == "__main__":
    PAGE.write_text(generated(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    sys.stdout.write(f"{PAGE.relative_to(ROOT)} is as the tree is.\n")
