"""The pages of this project: what they link to is there, and what they tell a reader to run works from a clone."""

from __future__ import annotations

import re
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("docs", "benchmarks", "data", ".github")
PAGES = sorted(
    page for page in chain(ROOT.glob("*.md"), *((ROOT / name).rglob("*.md") for name in FOLDERS)) if page.is_file()
)
_LINK = re.compile(r"\]\(([^()\s]+)\)")
_CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)


def links(text: str) -> list[str]:
    """Return what a page links to in this repository."""
    found = _LINK.findall(_CODE.sub("", text))
    return [link for link in found if not re.match(r"[a-z]+:", link)]


def anchors(text: str) -> set[str]:
    """Return the names that the headings of a page can be linked by."""
    headings = _HEADING.findall(re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def dead(page: Path) -> list[str]:
    """Return the links of a page that lead nowhere."""
    lost = []
    for link in links(page.read_text(encoding="utf-8")):
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        if not target.exists() or (anchor and anchor not in anchors(target.read_text(encoding="utf-8"))):
            lost.append(link)
    return lost


def test_dead_links_are_found(tmp_path: Path) -> None:
    (tmp_path / "other.md").write_text("# The one, and 2\n```\n# no heading\n```\n")
    page = tmp_path / "page.md"
    page.write_text(
        "# Here\n[a](other.md) [b](other.md#the-one-and-2) [c](#here) [d](https://x.test/y) `[e](code.md)`\n"
        "[f](gone.md) [g](other.md#no-heading) [h](#nowhere)\n"
    )
    assert dead(page) == ["gone.md", "other.md#no-heading", "#nowhere"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    assert dead(page) == []


def test_the_readme_can_be_read_at_one_sitting() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 200


def test_nobody_is_told_to_install_rag_app_from_an_index_where_it_is_not() -> None:
    programs = chain(*((ROOT / name).rglob("*.py") for name in ("rag_app", "ingest", "docs", "deploy")))
    told = re.compile(r"pip install (?:-\S+ |--\S+ )*['\"]?rag-app")
    assert [path.name for path in [*PAGES, *programs] if told.search(path.read_text(encoding="utf-8"))] == []


def test_a_decision_that_does_not_hold_any_more_says_at_its_top_which_page_does() -> None:
    pages = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    superseded = {page.name[:4] for page in pages if "\n\n**Superseded: [" in page.read_text(encoding="utf-8")[:200]}
    assert superseded == {"0004", "0008", "0009", "0012", "0024", "0025", "0028", "0029"}
    numbers = [page.name[:4] for page in pages]
    assert len(numbers) == len(set(numbers))
