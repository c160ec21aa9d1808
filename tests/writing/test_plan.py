from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from fakes import WordEmbedder, fakes_of, open_library, write_pdf
from hypothesis import given
from hypothesis import strategies as st

from rag_app.errors import UsageError
from rag_app.writing.plan import Placing, Plan, Reading, content, is_below, plan, renamed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rag_app.library import Library
    from rag_app.reports import IngestReport

# The plan


def contents(**files: str) -> dict[str, tuple[str, str]]:
    return {f"/{name}.txt": content(text, f"/{name}.txt") for name, text in files.items()}


def held(*names: str) -> tuple[str, ...]:
    return tuple(f"/{name}.txt" for name in names)


def test_new_changed_unchanged_and_deleted_files() -> None:
    found, stored = contents(a="A", b="B2", c="C"), contents(a="A", b="B", d="D")
    assert plan(found, stored, held("d")) == Plan(
        (),
        (Reading("/b.txt", "B2"), Reading("/c.txt", "C")),
        (Placing(held("d"), "D", lost=held("d")),),
    )


def test_nothing_is_removed_that_is_not_missing() -> None:
    assert plan({}, contents(a="A", b="B")) == Plan((), (), ())


def test_a_content_at_a_new_path_is_a_copy_or_the_new_name_of_a_missing_file() -> None:
    stored = contents(a="A", b="B")
    assert plan(contents(a="A", b="B", c="A"), stored) == Plan((Placing(held("a"), "A", held("c")),), (), ())
    assert plan(contents(b="B", c="A"), stored, held("a")) == Plan(
        (Placing(held("a"), "A", held("c"), held("a")),), (), ()
    )


def test_two_new_files_of_one_content_are_read_once() -> None:
    assert plan(contents(b="X", a="X"), {}).readings == (Reading("/a.txt", "X", ("/b.txt",)),)


def test_the_same_bytes_under_another_suffix_are_another_content() -> None:
    found = {"/a.md": content("A", "/a.md"), "/b.TXT": content("A", "/b.TXT")}
    todo = plan(found, contents(a="A"))
    assert todo.readings == (Reading("/a.md", "A"),)
    assert todo.placings == (Placing(held("a"), "A", ("/b.TXT",)),)


def test_files_that_moved_up_a_row_are_placed_from_its_end() -> None:
    stored = contents(a="A", b="B", c="C")
    todo = plan(contents(b="A", c="B", d="C"), stored, held("a"))
    assert [placing.sha256 for placing in todo.placings] == ["C", "B", "A"]
    assert [placing.lost for placing in todo.placings] == [(), (), held("a")]


def test_swapped_files_are_planned_in_some_order() -> None:
    todo = plan(contents(a="B", b="A"), contents(a="A", b="B"))
    assert {placing.gained for placing in todo.placings} == {held("a"), held("b")}


FILES = st.dictionaries(st.sampled_from("abcdef"), st.sampled_from("XYZ"))


@given(FILES, FILES)
def test_a_plan_names_every_file_that_differs_once(now: dict[str, str], before: dict[str, str]) -> None:
    found, stored = contents(**now), contents(**before)
    todo = plan(found, stored, [path for path in stored if path not in found])
    gained = [path for placing in todo.placings for path in placing.gained]
    read = [path for reading in todo.readings for path in (reading.path, *reading.copies)]
    lost = [path for placing in (*todo.placings, *todo.removals) for path in placing.lost]
    assert sorted(gained + read) == sorted(path for path in found if stored.get(path) != found[path])
    assert sorted(lost) == sorted(path for path in stored if path not in found)


@pytest.mark.parametrize(
    ("path", "folder", "below"),
    [("/a/b", "/a", True), ("/ab", "/a", False), ("/a", "/a", True), ("/a", "/", True), ("/b/a", "/a", False)],
)
def test_what_lies_below_a_folder(path: str, folder: str, below: bool) -> None:
    assert is_below(path, folder) is below


def test_a_title_that_is_the_files_name_follows_it() -> None:
    assert renamed("report", "/x/report.txt", "/y/minutes.txt") == "minutes"
    assert renamed("main.py", "/x/main.py", "/x/app.py") == "app.py"
    assert renamed("Annual Report", "/x/report.txt", "/y/minutes.txt") == "Annual Report"


# A library and a folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in (("apples", "Apples ripen in autumn."), ("bees", "Bees dance."), ("deep/cats", "Cats purr.")):
        path = tmp_path / "files" / f"{name}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# On {name}\n\n{text}\n")
    return tmp_path / "files"


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with open_library(tmp_path) as opened:
        yield opened


def lines(report: IngestReport) -> list[tuple[str, str, str | None]]:
    return [(Path(d.path).name, d.status, d.reason) for d in report.documents]


def counts(report: IngestReport) -> tuple[int, ...]:
    return (report.added, report.updated, report.unchanged, report.removed, report.failed)


def embedded(library: Library) -> list[str]:
    assert isinstance(fakes_of(library).embedder, WordEmbedder)
    return fakes_of(library).embedder.read


def paths(library: Library) -> list[list[str]]:
    return [[Path(path).name for path in document.paths] for document in library.documents()]


def assert_as_fresh(library: Library, folder: Path, elsewhere: Path) -> None:
    """Check that a library built anew from the folder holds and finds exactly the same."""
    with open_library(elsewhere) as fresh:
        fresh.sync(folder, confirmed=True)
        assert library._store.signature() == fresh._store.signature()
        for question in ("apples in autumn", "bees dance", "cats purr", "on files"):
            for mode in ("hybrid", "dense", "keyword"):
                mine, theirs = (one.search(question, 50, mode=mode) for one in (library, fresh))  # type: ignore[arg-type]
                assert sorted((h.document, h.text, h.score) for h in mine) == sorted(
                    (h.document, h.text, h.score) for h in theirs
                )
    assert library._store.check() == []


def test_a_sync_adds_updates_and_removes(library: Library, folder: Path, tmp_path: Path) -> None:
    assert counts(library.sync(folder)) == (3, 0, 0, 0, 0)
    (folder / "apples.md").write_text("# On pears\n\nPears do too.\n")
    (folder / "bees.md").unlink()
    (folder / "dogs.md").write_text("# On dogs\n\nDogs bark.\n")
    report = library.sync(folder)
    assert counts(report) == (1, 1, 1, 1, 0)
    assert lines(report) == [
        ("apples.md", "updated", None),
        ("cats.md", "unchanged", None),
        ("dogs.md", "added", None),
        ("bees.md", "removed", None),
    ]
    assert_as_fresh(library, folder, tmp_path / "fresh")


def test_a_renamed_file_is_neither_read_nor_embedded_again(library: Library, folder: Path, tmp_path: Path) -> None:
    library.sync(folder)
    embedded(library).clear()
    (folder / "apples.md").rename(folder / "deep" / "fruit.md")
    (folder / "deep").rename(folder / "deeper")
    report = library.sync(folder)
    assert counts(report) == (0, 2, 1, 0, 0)
    assert lines(report)[1:] == [
        ("cats.md", "updated", f"renamed from {folder / 'deep' / 'cats.md'}"),
        ("fruit.md", "updated", f"renamed from {folder / 'apples.md'}"),
    ]
    assert embedded(library) == []
    assert library.search("apples")[0].document == str(folder / "deeper" / "fruit.md")
    assert_as_fresh(library, folder, tmp_path / "fresh")


def test_a_title_that_was_the_files_name_is_embedded_anew(library: Library, folder: Path, tmp_path: Path) -> None:
    (folder / "plums.txt").write_text("They are blue.")
    library.sync(folder)
    embedded(library).clear()
    (folder / "plums.txt").rename(folder / "damsons.txt")
    library.sync(folder)
    assert embedded(library) == ["damsons\nThey are blue."]
    assert library.search("plums", mode="keyword", rerank=False) == []
    assert_as_fresh(library, folder, tmp_path / "fresh")


def test_files_of_one_content_are_stored_once_with_all_their_paths(
    library: Library, folder: Path, tmp_path: Path
) -> None:
    (folder / "copy.md").write_bytes((folder / "apples.md").read_bytes())
    report = library.sync(folder)
    assert counts(report) == (4, 0, 0, 0, 0)
    assert ("copy.md", "added", f"the same content as {folder / 'apples.md'}") in lines(report)
    (folder / "again.md").write_bytes((folder / "apples.md").read_bytes())
    embedded(library).clear()
    assert counts(library.sync(folder)) == (1, 0, 4, 0, 0)
    assert embedded(library) == []
    assert paths(library) == [["again.md", "apples.md", "copy.md"], ["bees.md"], ["cats.md"]]
    assert len(library.search("apples")) == 3
    assert_as_fresh(library, folder, tmp_path / "fresh")


def test_the_first_path_that_exists_is_cited(library: Library, folder: Path) -> None:
    (folder / "copy.md").write_bytes((folder / "apples.md").read_bytes())
    library.sync(folder)
    (folder / "apples.md").unlink()
    answer = library.ask("When do apples ripen?")
    assert [citation.document for citation in answer.citations] == [str(folder / "copy.md")]
    assert library.search("What about Apples?")[0].document == str(folder / "copy.md")
    (folder / "copy.md").unlink()
    assert library.search("apples")[0].document == str(folder / "apples.md")


def test_a_copy_that_changes_or_goes_leaves_the_other(library: Library, folder: Path, tmp_path: Path) -> None:
    (folder / "one.txt").write_text("Plums are blue.")
    (folder / "two.txt").write_text("Plums are blue.")
    library.sync(folder)
    (folder / "one.txt").write_text("Plums are ripe.")
    assert counts(library.sync(folder)) == (0, 1, 4, 0, 0)
    assert_as_fresh(library, folder, tmp_path / "fresh")
    (folder / "one.txt").write_text("Plums are blue.")
    library.sync(folder)
    assert_as_fresh(library, folder, tmp_path / "fresh2")
    (folder / "one.txt").unlink()
    assert counts(library.sync(folder)) == (0, 0, 4, 1, 0)
    assert_as_fresh(library, folder, tmp_path / "fresh3")


def test_files_that_change_names_among_themselves(library: Library, folder: Path, tmp_path: Path) -> None:
    library.sync(folder)
    (folder / "bees.md").rename(folder / "cats.md")
    (folder / "apples.md").rename(folder / "bees.md")
    library.sync(folder)
    assert_as_fresh(library, folder, tmp_path / "fresh")
    a, b = (folder / "bees.md").read_bytes(), (folder / "cats.md").read_bytes()
    (folder / "bees.md").write_bytes(b)
    (folder / "cats.md").write_bytes(a)
    assert counts(library.sync(folder)) == (0, 2, 1, 0, 0)
    assert_as_fresh(library, folder, tmp_path / "fresh2")


def test_documents_elsewhere_are_left_alone(library: Library, folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "files-of-others" / "eels.md"
    other.parent.mkdir()
    other.write_text("# Eels\n\nEels swim.\n")
    library.ingest([other])
    other.unlink()
    assert counts(library.sync(folder)) == (3, 0, 0, 0, 0)
    assert library.documents()[0].path == str(other)


def test_a_folder_that_is_gone_removes_nothing(library: Library, folder: Path) -> None:
    library.sync(folder)
    folder.rename(folder.with_name("moved"))
    with pytest.raises(UsageError, match="files does not exist") as raised:
        library.sync(folder)
    assert "whether its disk is mounted" in raised.value.hint
    folder.write_text("")
    with pytest.raises(UsageError, match="files is not a folder"):
        library.sync(folder)
    assert len(library.documents()) == 3


def test_a_folder_that_is_empty_removes_nothing_until_it_is_confirmed(library: Library, folder: Path) -> None:
    library.sync(folder)
    folder.rename(folder.with_name("moved"))
    folder.mkdir()
    with pytest.raises(UsageError, match="holds no documents any more, but the library has 3 from there") as raised:
        library.sync(folder)
    assert f"rag sync --yes {folder}" in raised.value.hint
    assert len(library.documents()) == 3
    assert counts(library.sync(folder, confirmed=True)) == (0, 0, 0, 3, 0)
    assert counts(library.sync(folder)) == (0, 0, 0, 0, 0)


@pytest.mark.parametrize("point_stays", [True, False])
def test_a_disk_in_the_folder_that_is_not_mounted_keeps_its_documents_until_confirmed(
    library: Library, folder: Path, monkeypatch: pytest.MonkeyPatch, point_stays: bool
) -> None:
    disk, mounted = folder / "deep", True
    monkeypatch.setattr("os.path.ismount", lambda path: mounted and str(path) == str(disk))
    assert counts(library.sync(folder)) == (3, 0, 0, 0, 0)
    mounted = False
    content = (disk / "cats.md").read_bytes()
    (disk / "cats.md").unlink()
    if not point_stays:
        disk.rmdir()
    for _ in range(2):
        report = library.sync(folder)
        assert counts(report) == (0, 0, 2, 0, 1)
        assert lines(report)[0][:2] == ("deep", "failed")
    disk.mkdir(exist_ok=True)
    (disk / "cats.md").write_bytes(content)
    mounted = True
    assert counts(library.sync(folder)) == (0, 0, 3, 0, 0)
    (disk / "cats.md").unlink()
    mounted = False
    assert counts(library.sync(folder, confirmed=True)) == (0, 0, 2, 1, 0)
    assert counts(library.sync(folder)) == (0, 0, 2, 0, 0)


def test_files_that_are_skipped_do_not_stand_for_a_folder_that_is_empty(library: Library, folder: Path) -> None:
    library.sync(folder)
    folder.rename(folder.with_name("moved"))
    folder.mkdir()
    with pytest.raises(UsageError, match="holds no documents any more, but the library has 2 from there"):
        library.sync(folder, skip=[str(folder / "bees.md")])
    assert len(library.documents()) == 3


def test_what_lies_in_a_folder_that_cannot_be_opened_stays(
    library: Library, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rag_app.writing import builder

    library.sync(folder)
    (folder / "bees.md").unlink()
    found = builder.discover([folder])
    kept = tuple(path for path in found.files if path.parent == folder)
    problem = builder.DocumentError(str(folder / "deep"), "cannot be opened: Permission denied", "no_access")
    monkeypatch.setattr(builder, "discover", lambda paths: type(found)(kept, (problem,)))
    report = library.sync(folder)
    assert counts(report) == (0, 0, 1, 1, 1)
    assert paths(library) == [["apples.md"], ["cats.md"]]


def test_a_file_that_cannot_be_read_any_more_keeps_its_last_version(library: Library, folder: Path) -> None:
    write_pdf(folder / "plan.pdf", "The plan is simple.")
    library.sync(folder)
    (folder / "plan.pdf").write_bytes(b"%PDF-1.4 and nothing else")
    assert counts(library.sync(folder)) == (0, 0, 3, 0, 1)
    assert "plan" in library.search("plan")[0].text


def test_a_file_that_is_written_while_it_is_read_fails(
    library: Library, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ingest import Readers

    read = Readers._read

    def slow(readers: Readers, path: Path, *how: Any) -> object:
        document = read(readers, path, *how)
        if path.name == "bees.md":
            path.write_text("# On bees\n\nMore of them, later.\n")
        return document

    with monkeypatch.context() as patch:
        patch.setattr(Readers, "_read", slow)
        report = library.sync(folder)
    assert lines(report)[1] == ("bees.md", "failed", "is being written: it changed while it was read")
    assert counts(library.sync(folder)) == (1, 0, 2, 0, 0)


def test_skipped_files_stay_as_they_are(library: Library, folder: Path) -> None:
    library.sync(folder)
    (folder / "bees.md").unlink()
    (folder / "apples.md").write_text("Changed.")
    report = library.sync(folder, skip=[str(folder / "bees.md"), str(folder / "apples.md")])
    assert (counts(report), len(library.documents())) == ((0, 0, 1, 0, 0), 3)


def test_a_sync_of_chosen_files_trusts_the_sizes_and_times_of_others(library: Library, folder: Path) -> None:
    import os

    library.sync(folder)
    path = folder / "bees.md"
    before = path.stat()
    path.write_bytes(path.read_bytes().replace(b"dance", b"dunce"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert counts(library.sync(folder, only=())) == (0, 0, 3, 0, 0)
    assert counts(library.sync(folder, only=[str(path)])) == (0, 1, 2, 0, 0)
    path.touch()
    assert counts(library.sync(folder)) == (0, 0, 3, 0, 0)
    assert library._store.files()[str(path)].mtime_ns == path.stat().st_mtime_ns


def test_vectors_of_a_renamed_file_are_those_it_had(library: Library, folder: Path) -> None:
    library.sync(folder)
    before = library._store.vectors()
    (folder / "bees.md").rename(folder / "zoo.md")
    library.sync(folder)
    np.testing.assert_array_equal(library._store.vectors()[1], before[1])


# Removing


def test_a_folder_stands_for_all_documents_below_it(
    library: Library, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.sync(folder)
    monkeypatch.chdir(folder)
    report = library.remove(["deep", "bees.md", "absent"])
    assert [(Path(d.path).name, d.status) for d in report.documents] == [
        ("cats.md", "removed"),
        ("bees.md", "removed"),
        ("absent", "failed"),
    ]
    assert library.remove([folder]).removed == 1
    assert library.documents() == []


def test_removing_one_of_several_paths_keeps_the_document(library: Library, folder: Path, tmp_path: Path) -> None:
    (folder / "bees-too.md").write_bytes((folder / "bees.md").read_bytes())
    library.sync(folder)
    assert library.remove([folder / "bees-too.md"]).removed == 1
    assert paths(library) == [["apples.md"], ["bees.md"], ["cats.md"]]
    (folder / "bees-too.md").unlink()
    assert_as_fresh(library, folder, tmp_path / "fresh")
