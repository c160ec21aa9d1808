"""Write constraints.txt: the exact version of each package that this environment has for rag-app and all its extras.

Run: make constraints
"""

from __future__ import annotations

import re
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.version import Version

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).parents[1]
HEAD = """\
# The versions that the tests ran with; `make constraints` writes this file anew from .venv.
# Install with them: pip install -c constraints.txt .
"""


def wanted(pyproject: Path) -> list[Requirement]:
    """Return what rag-app requires, by itself and with each of its extras."""
    project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
    texts = [*project["dependencies"]]
    for extra in project["optional-dependencies"].values():
        texts += extra
    return [Requirement(text) for text in texts]


def pins(requirements: Iterable[Requirement]) -> dict[str, str]:
    """Return name and version of all that is installed for `requirements`, theirs included.

    Raises:
        PackageNotFoundError: one of `requirements` itself is not installed.
    """
    found: dict[str, str] = {}
    seen: set[tuple[str, str]] = set()
    waiting = [(requirement, True) for requirement in requirements]
    while waiting:
        requirement, direct = waiting.pop()
        for extra in ("", *sorted(requirement.extras)):
            name = plain(requirement.name)
            if (name, extra) in seen:
                continue
            seen.add((name, extra))
            try:
                installed = distribution(name)
            except PackageNotFoundError:
                if direct:
                    raise
                continue  # of another system, or left out by whoever installed it
            found[name] = Version(installed.version).public  # the build, as in 2.13.0+cpu, is free
            for text in installed.requires or ():
                inner = Requirement(text)
                if inner.marker is None or inner.marker.evaluate({"extra": extra}):
                    waiting.append((inner, False))
    return found


def plain(name: str) -> str:
    """Return a package's name in the one form that all its spellings share."""
    return re.sub(r"[-_.]+", "-", name).lower()


def text_of(found: dict[str, str]) -> str:
    """Return the file."""
    return HEAD + "".join(f"{name}=={version}\n" for name, version in sorted(found.items()))


def main() -> None:
    """Write the file, and say how many versions stand in it."""
    found = pins(wanted(ROOT / "pyproject.toml"))
    (ROOT / "constraints.txt").write_text(text_of(found), encoding="utf-8")
    sys.stdout.write(f"constraints.txt holds {len(found)} versions.\n")


if __name__ == "__main__":
    main()
