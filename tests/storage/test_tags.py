from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stored import make_document, put

from rag_app.errors import UsageError
from rag_app.storage.store import Store
from rag_app.storage.tags import LONGEST, tag_key, tag_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rag_app.library import Library


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "store") as opened:
        yield opened


# Names


@pytest.mark.parametrize("text", ["work", "2025", "Steuer – 2025", "کتاب\u200cها", "👩\u200d💻", "x" * LONGEST])
def test_a_tag_is_any_text_that_can_be_seen(text: str) -> None:
    assert tag_name(f"  {text} ") == text


@pytest.mark.parametrize("text", ["", "  ", "a\nb", "a\tb", "\x1b[31m", "a\u200bb", "a\u202eb", "\udcff", "x" * 65])
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="A tag "):
        tag_name(text)


@given(st.text(max_size=80))
def test_a_tag_is_settled_and_its_key_too(text: str) -> None:
    try:
        name = tag_name(text)
    except UsageError:
        return
    assert tag_name(name) == name
    assert tag_key(name) == tag_key(text) == tag_key(unicodedata.normalize("NFD", text))
    assert 1 <= len(name) <= LONGEST


def test_tags_that_differ_in_case_or_form_are_the_same() -> None:
    assert tag_key("Straße") == tag_key("STRASSE")
    assert tag_key("Cafe\u0301") == tag_key("CAFÉ")
    assert tag_key("work") != tag_key("works")


# In the store


def test_tags_are_added_once_and_removed_and_sorted(store: Store) -> None:
    put(store, make_document("/a.pdf", "Alpha."))
    store.tag("/a.pdf", add=["work", "Draft", "WORK"])
    assert store.documents()[0].tags == ("Draft", "work")
    store.tag("/a.pdf", add=["Work", "new"], remove=["DRAFT", "unknown"])
    known = store.document("/a.pdf")
    assert known is not None
    assert known.tags == ("new", "work")
    assert store.tags() == {"/a.pdf": ("new", "work")}


def test_tagging_what_is_not_there_changes_nothing(store: Store) -> None:
    with pytest.raises(UsageError, match=r"/a\.pdf is not in the library"):
        store.tag("/a.pdf", add=["work"])


def test_tags_go_with_the_document(store: Store) -> None:
    put(store, make_document("/a.pdf", "Alpha."))
    store.tag("/a.pdf", add=["work"])
    store.remove("/a.pdf")
    put(store, make_document("/a.pdf", "Alpha."))
    assert store.documents()[0].tags == ()
    assert store._database.value("SELECT count(*) FROM tags") == 0


def test_tags_belong_to_the_checksum_and_their_absence_changes_none(store: Store) -> None:
    put(store, make_document("/a.pdf", "Alpha."))
    generation, before = store.generation, store.signature()
    store.tag("/a.pdf", add=["work"])
    assert store.signature() != before
    assert (store.check(), store.generation) == ([], generation)
    store._database.connection.execute("UPDATE tags SET name = 'wore'")
    assert store.check() == ["/a.pdf: its pages, passages or vectors are not those that were stored."]
    store._database.connection.execute("UPDATE tags SET name = 'work'")
    store.tag("/a.pdf", remove=["work"])
    assert (store.signature(), store.check()) == (before, [])


# In the life of a library


@pytest.fixture
def folder(empty_library: Library, tmp_path: Path) -> Path:
    files = tmp_path / "files"
    files.mkdir()
    for name in ("a", "b", "c"):
        (files / f"{name}.txt").write_text(f"The {name} weighs 40 kg.")
    empty_library.sync(files)
    for name in ("a", "b", "c"):
        empty_library.tag(files / f"{name}.txt", add=[f"tag {name}"])
    return files


def tags(library: Library) -> dict[str, tuple[str, ...]]:
    return {path.rpartition("/")[2]: kept for path, kept in library._store.tags().items()}


OLD = {f"{name}.txt": (f"tag {name}",) for name in "abc"}


def test_a_changed_file_keeps_its_tags(empty_library: Library, folder: Path) -> None:
    (folder / "a.txt").write_text("The a weighs 41 kg now.")
    assert empty_library.ingest([folder]).updated == 1
    assert tags(empty_library) == OLD
    assert empty_library.verify().ok


def test_a_renamed_file_keeps_its_tags(empty_library: Library, folder: Path) -> None:
    (folder / "a.txt").rename(folder / "z.txt")
    empty_library.sync(folder)
    assert tags(empty_library) == {"b.txt": OLD["b.txt"], "c.txt": OLD["c.txt"], "z.txt": OLD["a.txt"]}


def test_swapped_files_take_their_tags_along(empty_library: Library, folder: Path) -> None:
    (folder / "a.txt").rename(folder / "x")
    (folder / "b.txt").rename(folder / "a.txt")
    (folder / "x").rename(folder / "b.txt")
    empty_library.sync(folder)
    assert tags(empty_library) == OLD | {"a.txt": OLD["b.txt"], "b.txt": OLD["a.txt"]}
    assert empty_library.verify(None).ok


def test_files_that_moved_up_a_row_take_their_tags_along(empty_library: Library, folder: Path) -> None:
    for old, new in ("cd", "bc", "ab"):
        (folder / f"{old}.txt").rename(folder / f"{new}.txt")
    empty_library.sync(folder)
    assert tags(empty_library) == {"b.txt": OLD["a.txt"], "c.txt": OLD["b.txt"], "d.txt": OLD["c.txt"]}


def test_a_file_that_becomes_a_copy_brings_its_tags(empty_library: Library, folder: Path) -> None:
    (folder / "b.txt").write_text((folder / "a.txt").read_text())
    empty_library.sync(folder)
    both = (*OLD["a.txt"], *OLD["b.txt"])
    assert tags(empty_library) == {"a.txt": both, "b.txt": both, "c.txt": OLD["c.txt"]}


def test_a_copy_that_changes_keeps_the_tags_it_shared(empty_library: Library, folder: Path) -> None:
    (folder / "d.txt").write_text((folder / "a.txt").read_text())
    empty_library.sync(folder)
    assert tags(empty_library) == OLD | {"d.txt": OLD["a.txt"]}
    (folder / "d.txt").write_text("The d weighs 50 kg.")
    empty_library.sync(folder)
    assert tags(empty_library) == OLD | {"d.txt": OLD["a.txt"]}
    empty_library.tag(folder / "d.txt", remove=OLD["a.txt"])
    assert tags(empty_library) == OLD


def test_tags_survive_a_lost_index(empty_library: Library, folder: Path) -> None:
    (empty_library._store.folder / "vectors.faiss").unlink()
    empty_library._index.forget()
    empty_library.search("a weighs")
    assert tags(empty_library) == OLD


def test_only_files_that_are_new_get_the_tags_of_a_run(empty_library: Library, folder: Path) -> None:
    (folder / "a.txt").write_text("The a weighs 41 kg now.")
    (folder / "b.txt").rename(folder / "z.txt")
    (folder / "d.txt").write_text("The d weighs 50 kg.")
    (folder / "e.txt").write_text((folder / "c.txt").read_text())
    empty_library.sync(folder, tags=["new", "NEW", "2025"])
    assert tags(empty_library) == {
        "a.txt": OLD["a.txt"],
        "z.txt": OLD["b.txt"],
        "c.txt": ("2025", "new", *OLD["c.txt"]),
        "e.txt": ("2025", "new", *OLD["c.txt"]),
        "d.txt": ("2025", "new"),
    }
    empty_library.ingest(folder, tags="late")
    assert "late" not in str(tags(empty_library))


def test_a_tag_that_cannot_be_used_stops_a_run_before_it_begins(empty_library: Library, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Text.")
    with pytest.raises(UsageError, match="A tag is empty"):
        empty_library.ingest([tmp_path / "a.txt"], tags=["ok", " "])
    assert empty_library.documents() == []


def test_a_folder_is_tagged_with_all_below_it_or_not_at_all(empty_library: Library, folder: Path) -> None:
    with pytest.raises(UsageError, match="nowhere is not in the library"):
        empty_library.tag([folder, "nowhere"], add="x")
    assert tags(empty_library) == OLD
    found = empty_library.tag([folder, "a.txt"], add="x", remove=["tag b"])
    assert [document.tags for document in found] == [("tag a", "x"), ("x",), ("tag c", "x")]
    assert [document.tags for document in empty_library.tag("a.txt")] == [("tag a", "x")]


def test_a_library_with_tags_is_sealed_and_verified(empty_library: Library, folder: Path) -> None:
    assert empty_library._store._database.sealed is not None
    assert empty_library.verify(None).ok
