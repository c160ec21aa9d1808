"""Tell what keeps a version from being released: the program, the changelog and the tag have to name the same one.

Run: make release TAG=v0.1.0
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from datetime import date
from pathlib import Path

ROOT = Path(__file__).parents[1]
_NUMBER = re.compile(r"\d+\.\d+\.\d+(?:(?:a|b|rc)\d+)?")
_HEADING = re.compile(r"^## \[(?P<name>[^\]]+)\](?: - (?P<day>\S+))?\s*$", re.MULTILINE)
_PLACEHOLDER = "example.org"


@dataclass(frozen=True, slots=True)
class State:
    """What is to be released, as the files and git say it."""

    version: str  # of the program
    changelog: str
    tag: str  # that the head has, or is to have
    urls: dict[str, str]  # of the project, by label
    changed: tuple[str, ...] = ()  # files that are not committed


def problems(state: State) -> list[str]:
    """Return a sentence on each thing that is to be mended first; nothing where the version can be released."""
    found = []
    if not _NUMBER.fullmatch(state.version):
        found.append(f"rag_app/__init__.py: {state.version} is not a number such as 0.1.0.")
    if state.tag != f"v{state.version}":
        found.append(f"The tag is {state.tag or 'missing'}; for version {state.version} it is v{state.version}.")
    found += _of_changelog(state)
    if not state.urls or any(_PLACEHOLDER in url for url in state.urls.values()):
        found.append("pyproject.toml: [project.urls] does not say yet where the project lives.")
    if state.changed:
        found.append(f"Not committed: {', '.join(state.changed)}.")
    return found


def _of_changelog(state: State) -> list[str]:
    """Return what is wrong with the changelog: an empty section for what comes, then the version with its day."""
    headings = list(_HEADING.finditer(state.changelog))
    names = [heading["name"] for heading in headings]
    if names[:1] != ["Unreleased"]:
        return ["CHANGELOG.md: the first section is not [Unreleased]."]
    found = []
    end = headings[1].start() if len(headings) > 1 else len(state.changelog)
    if state.changelog[headings[0].end() : end].strip():
        found.append("CHANGELOG.md: [Unreleased] is not empty: its lines belong under the version.")
    newest = names[1] if len(names) > 1 else "none"
    if newest != state.version:
        found.append(f"CHANGELOG.md: the newest version is {newest}; the program says {state.version}.")
    elif not _is_day(headings[1]["day"]):
        found.append(f"CHANGELOG.md: write the day of {newest} as ## [{newest}] - 2026-01-31.")
    return found


def _is_day(text: str | None) -> bool:
    try:
        date.fromisoformat(text or "")
    except ValueError:
        return False
    return True


def state_of(root: Path, tag: str) -> State:
    """Return what the files under `root` say, and git of them; without a `tag`, that of the head."""
    program = (root / "rag_app" / "__init__.py").read_text("utf-8")
    [version] = re.findall(r'^__version__ = "(.*)"$', program, re.MULTILINE)
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    return State(
        version=version,
        changelog=(root / "CHANGELOG.md").read_text("utf-8"),
        tag=tag or _git(root, "tag", "--points-at", "HEAD").strip(),
        urls=project.get("urls", {}),
        changed=tuple(line[3:] for line in _git(root, "status", "--porcelain").splitlines()),
    )


def _git(root: Path, *words: str) -> str:
    return subprocess.run(["git", "-C", str(root), *words], check=True, capture_output=True, text=True).stdout


def main() -> None:
    """Print what is wrong; the exit code is 1 where anything is."""
    found = problems(state_of(ROOT, sys.argv[1] if len(sys.argv) > 1 else ""))
    sys.stdout.write("".join(f"{problem}\n" for problem in found) or "The version, the changelog and the tag agree.\n")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
