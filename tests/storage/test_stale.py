"""Sources that cannot be read any more: the last good text stays, and whatever uses it says so."""

from __future__ import annotations

import os
import re
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fakes import ScriptedGenerator, WordEmbedder, fakes_of, nearest_line, write_pdf
from tools import call

from ingest import PassedOver, Remark
from rag_app.console import screen
from rag_app.console.answers import show_answer_end, show_passages
from rag_app.console.lists import stale_text
from rag_app.console.transcript import transcript
from rag_app.evidence.file_trouble import trouble
from rag_app.langchain.tool import told
from rag_app.library import Library
from rag_app.storage.stale import Stale
from rag_app.storage.store import Store
from rag_app.types import Answer, Passages, SessionTurn, Token
from rag_app.writing import ingestion
from rag_app.writing.watch import watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ingest import Document
    from rag_app.models.generator import Message
    from rag_app.reports import IngestReport
    from rag_app.types import Event

pytestmark = pytest.mark.slow

NOTICE = "How long is the notice period?"
KEPT = "; the last text that could be read is kept"
SINCE = r"could not be read any more since \d{4}-\d\d-\d\d \(is empty\)"


def line(report: IngestReport, name: str) -> tuple[str, str | None]:
    [found] = [document for document in report.documents if Path(document.path).name == name]
    return found.status, found.reason


def stale(library: Library) -> dict[str, str]:
    return {Path(path).name: state.reason for path, state in library._store.stale().items()}


def empty(path: Path) -> None:
    path.write_bytes(b"")


def damage(path: Path) -> None:
    path.write_bytes(b"%PDF-1.4 and nothing else")


def become_a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def lose_all_words(path: Path) -> None:
    path.write_bytes(write_pdf(path.with_name("blank.pdf"), "").read_bytes())
    path.with_name("blank.pdf").unlink()


def lose_pages(path: Path) -> None:
    """Cut a file within its second page, and leave of the first what can be read."""
    content = path.read_bytes()
    path.write_bytes(content[: content.rindex(b"stream\n", 0, content.rindex(b"endstream")) + 8])


TROUBLES = [
    (empty, r"is empty"),
    (lose_all_words, r"holds no text any more"),
    (lose_pages, r"is damaged, and less of it can be read than before: read with the second parser, .+"),
    (damage, r"is damaged and cannot be read: .+"),
    (become_a_pipe, r"is neither a file nor a folder"),
]


# The state


@pytest.mark.parametrize(("happens", "reason"), TROUBLES)
@pytest.mark.parametrize("bring", [Library.ingest, Library.sync])
def test_a_known_file_that_cannot_be_read_any_more_is_stale_until_it_can(
    library: Library, papers: Path, happens: Callable[[Path], None], reason: str, bring: Callable[..., IngestReport]
) -> None:
    lease = papers / "lease.pdf"
    content, before = lease.read_bytes(), library.read("lease.pdf").text
    happens(lease)
    status, said = line(bring(library, papers), "lease.pdf")
    assert status == "failed"
    assert re.fullmatch(reason + KEPT, said or "")
    assert stale(library) == {"lease.pdf": (said or "").removesuffix(KEPT)}
    assert library.read("lease.pdf").text == before
    assert not library.verify().ok
    lease.unlink()
    lease.write_bytes(content)
    assert line(bring(library, papers), "lease.pdf") == ("unchanged", None)
    assert stale(library) == {}
    assert library.verify(None).ok


@pytest.mark.parametrize("known", [False, True], ids=["of new content", "of a known file's content"])
def test_a_file_that_keeps_only_blanks_keeps_its_text_and_those_like_it_are_added(
    library: Library, papers: Path, known: bool
) -> None:
    (papers / "a.txt").write_text("The notice period is three months.")
    (papers / "m.txt").write_text("\n" if known else "The shed is green.")
    library.ingest([papers])
    for name in ("a.txt", "m.txt", "z.txt"):
        (papers / name).write_text("\n")
    report = library.sync(papers)
    assert line(report, "a.txt") == ("failed", f"holds no text any more{KEPT}")
    assert line(report, "m.txt")[0] == ("unchanged" if known else "failed")
    assert line(report, "z.txt")[0] == ("added" if known else "empty")
    assert sorted(stale(library)) == (["a.txt"] if known else ["a.txt", "m.txt"])
    assert library.read("a.txt").text == "The notice period is three months."
    assert library.read("z.txt").title == ("m" if known else "z")
    assert line(library.sync(papers), "a.txt")[0] == "failed"


def test_a_file_that_is_put_in_the_place_of_another_keeps_no_text_that_is_known_elsewhere(
    library: Library, papers: Path
) -> None:
    (papers / "a.txt").write_text("The notice period is three months.")
    (papers / "b.txt").write_text("\n")
    library.ingest([papers])
    (papers / "a.txt").rename(papers / "c.txt")
    (papers / "b.txt").rename(papers / "a.txt")
    library.sync(papers)
    assert stale(library) == {}
    assert library.read("c.txt").text == "The notice period is three months."


def test_a_file_that_was_damaged_when_it_was_first_read_may_get_shorter(library: Library, papers: Path) -> None:
    pages = ["The lease is over.", "The garden is green.", "The gate is shut."]
    lose_pages(write_pdf(papers / "new.pdf", *pages))
    assert line(library.ingest([papers]), "new.pdf")[0] == "added"
    lose_pages(write_pdf(papers / "new.pdf", *pages[:2]))
    status, said = line(library.ingest([papers]), "new.pdf")
    assert (status, "some may be lost" in (said or "")) == ("updated", True)
    assert library.read("new.pdf").text.strip() == pages[0]


def test_a_stale_file_that_is_read_anew_is_fine(library: Library, papers: Path) -> None:
    empty(papers / "lease.pdf")
    library.ingest([papers])
    write_pdf(papers / "lease.pdf", "The lease is over.")
    assert line(library.ingest([papers]), "lease.pdf")[0] == "updated"
    assert stale(library) == {}


def test_since_when_it_cannot_be_read_stays_while_the_reason_may_change(
    library: Library, papers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.time", lambda: 1_000_000.0)
    empty(papers / "lease.pdf")
    library.ingest([papers])
    monkeypatch.setattr("time.time", lambda: 2_000_000.0)
    (papers / "lease.pdf").unlink()
    library.ingest([papers / "lease.pdf"])
    assert library._store.stale() == {str(papers / "lease.pdf"): Stale("does not exist", 1_000_000.0)}
    generation = library._store._database.value("PRAGMA data_version")
    library.ingest([papers / "lease.pdf"])
    assert library._store._database.value("PRAGMA data_version") == generation


def test_a_file_that_was_never_read_is_not_stale(library: Library, papers: Path) -> None:
    empty(papers / "new.pdf")
    report = library.ingest([papers])
    assert [Path(document.path).name for document in report.documents] == ["lease.pdf", "manual.pdf"]
    assert report.passed_over == (PassedOver(str(papers / "new.pdf"), "is empty"),)
    assert stale(library) == {}


def test_a_file_of_the_stored_content_that_fails_is_not_stale(
    library: Library, papers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(WordEmbedder):
        def embed_passages(self, texts: Sequence[str], progress: object = None) -> Any:
            raise ValueError("no embedding")

    library._store.mark_stale({str(papers / "lease.pdf"): "is empty"})
    monkeypatch.setattr(library._store, "remarks", lambda: {str(papers / "lease.pdf"): (Remark("ocr_missing", (1,)),)})
    monkeypatch.setattr(ingestion, "ocr_available", lambda: True)
    fakes_of(library).embedder = Broken()
    assert line(library.ingest([papers]), "lease.pdf") == ("failed", "could not be read: no embedding")
    assert stale(library) == {}


def test_a_watched_file_that_is_emptied_is_stale_and_then_fine_though_it_has_its_old_time(
    library: Library, papers: Path
) -> None:
    lease = papers / "lease.pdf"
    content, status = lease.read_bytes(), lease.stat()
    reports: list[IngestReport] = []

    def sync(**chosen: Any) -> IngestReport:
        reports.append(library.sync(papers, **chosen))
        return reports[-1]

    empty(lease)
    [news] = watch(papers, sync, changes=iter([set()]))
    assert (news.status, news.reason) == ("failed", f"is empty{KEPT}")  # type: ignore[union-attr]
    assert stale(library) == {"lease.pdf": "is empty"}
    lease.write_bytes(content)
    os.utime(lease, ns=(status.st_atime_ns, status.st_mtime_ns))
    library.sync(papers, only=())
    assert stale(library) == {}
    damage(lease)
    library.sync(papers, only=[str(lease)])
    lease.write_bytes(b"x" * len(content))  # of the size and time at which it was read last
    os.utime(lease, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert line(library.sync(papers, only=()), "lease.pdf")[0] == "failed"
    assert list(stale(library)) == ["lease.pdf"]


def test_what_lies_in_a_folder_that_cannot_be_opened_is_stale(
    library: Library, papers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (papers / "deep").mkdir()
    (papers / "deep" / "cats.txt").write_text("Cats purr.")
    library.sync(papers)
    scandir = os.scandir

    def closed(path: Path) -> Any:
        if Path(path).name == "deep":
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", closed)
        report = library.sync(papers)
    assert line(report, "deep") == ("failed", "cannot be opened: Permission denied")
    assert stale(library) == {"cats.txt": "its folder cannot be opened: Permission denied"}
    library.sync(papers)
    assert stale(library) == {}


def test_what_lies_on_a_disk_that_is_away_is_stale(
    library: Library, papers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk, mounted = papers / "disk", True
    disk.mkdir()
    (disk / "cats.txt").write_text("Cats purr.")
    monkeypatch.setattr("os.path.ismount", lambda path: mounted and str(path) == str(disk))
    library.sync(papers)
    mounted = False
    (disk / "cats.txt").unlink()
    library.sync(papers)
    assert stale(library) == {"cats.txt": "its disk is not mounted"}


def test_of_a_document_with_several_files_the_good_one_is_cited(library: Library, papers: Path) -> None:
    copy = papers / "a copy.pdf"
    copy.write_bytes((papers / "lease.pdf").read_bytes())
    library.ingest([papers])
    empty(copy)
    library.ingest([papers])
    answer = library.ask(NOTICE)
    assert [Path(citation.document).name for citation in answer.citations] == ["lease.pdf"]
    assert answer.notes == ()
    [document] = [document for document in library.documents() if str(copy) in document.paths]
    assert re.fullmatch(f"{re.escape(str(copy))} {SINCE}", document.stale)
    (papers / "third.pdf").write_bytes((papers / "lease.pdf").read_bytes())
    library.ingest([papers / "third.pdf"])
    assert stale(library) == {"a copy.pdf": "is empty"}


def test_a_library_of_the_version_before_has_no_stale_files(library: Library) -> None:
    connection = library._store._database.connection
    assert [row[0] for row in connection.execute("PRAGMA index_info(stale_paths)")] == [0]
    plan = connection.execute("EXPLAIN QUERY PLAN SELECT path FROM paths WHERE stale != ''").fetchall()
    assert "stale_paths" in plan[0][3]
    assert isinstance(connection, sqlite3.Connection)


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda path: path.write_text("x"), ""),
        (lambda path: path.write_text(""), "is empty now"),
        (lambda path: None, "is not there any more"),
        (lambda path: path.mkdir(), "is not a file any more"),
        (os.mkfifo, "is not a file any more"),
        (lambda path: path.symlink_to(path), "cannot be opened: Too many levels of symbolic links"),
    ],
)
def test_what_is_said_of_a_file_now(tmp_path: Path, made: Callable[[Path], object], said: str) -> None:
    path = tmp_path / "a.txt"
    made(path)
    assert trouble(str(path), {}) == said
    assert trouble(str(path), {str(path): Stale("is empty", 0.0)}).startswith("could not be read any more since 19")


def test_a_document_that_comes_from_no_file_has_no_trouble() -> None:
    assert trouble("entry 1/_", {}) == trouble("a\0b", {}) == ""
    assert trouble("/a\0b", {}) == "is not there any more"


# What is shown


@pytest.fixture
def emptied(library: Library, papers: Path) -> Library:
    """The library, of which the lease was emptied and looked at again."""
    empty(papers / "lease.pdf")
    library.ingest([papers])
    return library


def assert_told(answer: Answer) -> None:
    [note] = answer.notes
    assert re.fullmatch(rf"lease\.pdf {SINCE}; this is its last readable text\.", note)


def test_an_answer_says_that_a_source_cannot_be_read_any_more(emptied: Library) -> None:
    answer = emptied.ask(NOTICE)
    assert_told(answer)
    assert "three months" in answer.answer
    assert "since" not in answer.answer
    [citation] = answer.citations
    assert citation.verified
    assert re.fullmatch(SINCE, citation.stale)
    value = answer.as_json()
    assert value["notes"] == answer.notes
    assert value["citations"][0]["stale"] == citation.stale
    assert [bool(hit.get("stale")) for hit in value["passages"]] == [
        Path(hit["document"]).name == "lease.pdf" for hit in value["passages"]
    ]


def test_nothing_is_said_of_sources_that_are_as_they_were_read(library: Library) -> None:
    value = library.ask(NOTICE).as_json()
    assert "notes" not in value
    assert all("stale" not in part for part in (*value["citations"], *value["passages"]))
    assert all("stale" not in document.as_json() for document in library.documents())


@pytest.mark.parametrize(
    ("happens", "said"),
    [(Path.unlink, "is not there any more"), (empty, "is empty now"), (become_a_pipe, "is not a file any more")],
)
def test_an_answer_says_what_no_run_has_noticed_yet(
    library: Library, papers: Path, happens: Callable[[Path], None], said: str
) -> None:
    happens(papers / "lease.pdf")
    answer = library.ask(NOTICE)
    assert answer.notes == (f"lease.pdf {said}; this is its last readable text.",)
    assert answer.status == "answered"


@pytest.mark.parametrize(
    "question",
    ["Which documents mention the notice period?", "Summarize lease.pdf", NOTICE],
    ids=["list", "summary", "fact"],
)
def test_every_kind_of_answer_says_so(emptied: Library, question: str) -> None:
    assert_told(emptied.ask(question))


def test_search_and_lists_say_so(emptied: Library) -> None:
    [hit] = [hit for hit in emptied.search(NOTICE) if "notice" in hit.text]
    assert re.fullmatch(SINCE, hit.stale)
    [lease] = [document for document in emptied.documents() if document.path.endswith("lease.pdf")]
    assert re.fullmatch(SINCE, lease.stale)
    assert emptied.as_retriever().invoke(NOTICE)[0].metadata["stale"] == hit.stale


def test_the_terminal_says_so(emptied: Library, capsys: pytest.CaptureFixture[str]) -> None:
    screen.console.cache_clear()
    answer = emptied.ask(NOTICE)
    show_answer_end(answer)
    show_passages(emptied.search(NOTICE), scores=False)
    screen.show_notes([stale_text(document) for document in emptied.documents() if document.stale])
    shown = capsys.readouterr().out
    screen.console.cache_clear()
    assert answer.notes[0] in shown
    assert "(its last readable text)" in shown
    assert len(re.findall(SINCE, shown)) >= 3
    assert "what is stored is the last readable text." in shown


def test_a_kept_conversation_and_its_transcript_say_so(emptied: Library) -> None:
    answer = emptied.ask(NOTICE)
    emptied.keep("lease", answer)
    [turn] = emptied.session("lease")
    assert turn.answer.notes == answer.notes
    assert turn.answer.citations[0].stale == answer.citations[0].stale
    assert "this is its last readable text." in transcript("lease", [SessionTurn(0.0, answer)])


def test_agents_are_told(emptied: Library) -> None:
    answer = emptied.ask(NOTICE)
    assert f"({answer.notes[0]})" in told(answer).splitlines()
    value = call(emptied, "ask_documents", question=NOTICE).structured_content
    assert value["notes"] == list(answer.notes)
    listed = call(emptied, "list_documents").structured_content["documents"]
    assert [bool(document.get("stale")) for document in listed] == [True, False]


@pytest.fixture
def lease(served: Any) -> Iterator[str]:
    """The path of the lease that servers of all tests share; what was in it is put back."""
    [path] = [document.path for document in served.library.documents() if document.path.endswith("lease.pdf")]
    before, state = Path(path).read_bytes(), Path(path).stat()
    yield path
    Path(path).write_bytes(before)
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))


def test_http_says_so(served: Any, lease: str) -> None:
    message = served.ask(NOTICE).json()["choices"][0]["message"]
    assert message["notes"] == []
    empty(Path(lease))
    served.library.ingest([lease])
    message = served.ask(NOTICE).json()["choices"][0]["message"]
    assert re.fullmatch(rf"lease\.pdf {SINCE}; this is its last readable text\.", message["notes"][0]["message"])
    assert [note["code"] for note in message["notes"]] == ["source"]
    assert re.fullmatch(SINCE, message["citations"][0]["stale"])
    *_, last, _ = served.events(NOTICE)
    assert last["choices"][0]["delta"]["notes"] == message["notes"]
    documents = served.client.get("/v1/documents").json()["data"]
    assert [document["name"] for document in documents if document.get("stale")] == ["lease.pdf"]


# Sources that go while an answer is written


def writing(library: Library, happens: Callable[[], object]) -> None:
    """Let something happen when the generator begins to write."""
    done: list[bool] = []

    def script(messages: Sequence[Message]) -> str:
        if not done:
            done.append(True)
            happens()
        return nearest_line(messages)

    fakes_of(library).generator = ScriptedGenerator(script)


@pytest.mark.parametrize("by", ["this process", "another process"])
def test_a_document_that_is_removed_while_the_answer_is_written_is_named(library: Library, by: str) -> None:
    def remove() -> None:
        if by == "this process":
            library.remove(["lease.pdf"])
        else:
            with Library.open(settings=library.settings, loaded=library.loaded) as other:
                other.remove(["lease.pdf"])

    writing(library, remove)
    answer = library.ask(NOTICE)
    assert answer.notes == ("lease.pdf was removed from the library while this was answered.",)
    assert "three months" in answer.answer
    assert [(citation.verified, citation.stale) for citation in answer.citations] == [(False, "")]
    assert answer.status == "partial"


def test_a_document_of_which_another_version_comes_in_meanwhile_is_named(library: Library, papers: Path) -> None:
    def update() -> None:
        write_pdf(papers / "lease.pdf", "The notice period is one year.")
        library.ingest([papers])

    writing(library, update)
    answer = library.ask(NOTICE)
    assert answer.notes == ("lease.pdf was read anew while this was answered: the quote is from the version before.",)
    assert [citation.verified for citation in answer.citations] == [False]


def test_what_happens_to_other_documents_meanwhile_changes_nothing(library: Library) -> None:
    writing(library, lambda: library.remove(["manual.pdf"]))
    answer = library.ask(NOTICE)
    assert (answer.status, answer.notes) == ("answered", ())
    assert [citation.verified for citation in answer.citations] == [True]


def test_a_file_that_is_deleted_while_the_answer_is_written_is_named(library: Library, papers: Path) -> None:
    writing(library, (papers / "lease.pdf").unlink)
    answer = library.ask(NOTICE)
    assert answer.notes == ("lease.pdf is not there any more; this is its last readable text.",)
    assert [citation.verified for citation in answer.citations] == [True]


QUESTIONS = [
    NOTICE,
    "Which documents mention the notice period?",
    "Summarize lease.pdf",
    "Compare lease.pdf and manual.pdf",
    "What do lease.pdf and manual.pdf say about water?",
]


def assert_whole(events: Sequence[Event], library: Library) -> bool:
    """Check an answer that was given while the lease may have gone; return whether it went."""
    *_, answer = events
    assert isinstance(answer, Answer)
    assert sum(isinstance(event, Passages) for event in events) == 1
    assert "".join(event.text for event in events if isinstance(event, Token)) == answer.answer
    gone = not any(document.path.endswith("lease.pdf") for document in library.documents())
    cited = [citation for citation in answer.citations if citation.document.endswith("lease.pdf")]
    assert not (gone and any(citation.verified for citation in cited))
    if cited:
        assert bool(answer.notes) == gone
    assert set(answer.notes) <= {"lease.pdf was removed from the library while this was answered."}
    return gone


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_document_that_goes_before_it_is_read_is_left_out_and_named(
    library: Library, question: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = library._store.read

    def going(path: str) -> Document:
        if path.endswith("lease.pdf"):
            library._store.remove(path)
        return read(path)

    monkeypatch.setattr(library._store, "read", going)
    events = list(library.stream(question))
    assert assert_whole(events, library)
    assert events[-1].notes == ("lease.pdf was removed from the library while this was answered.",)  # type: ignore[union-attr]


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_document_that_goes_at_any_moment_never_ends_an_answer(
    library: Library, papers: Path, question: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, calls, moment = library._store._database.rows, 0, -1

    def counted(query: str, *values: Any) -> list[Any]:
        nonlocal calls
        calls += 1
        if calls == moment:
            with Store.open(library.settings.library) as other:
                other.remove(str(papers / "lease.pdf"))
        return rows(query, *values)

    monkeypatch.setattr(library._store._database, "rows", counted)
    events = list(library.stream(question))
    count, went = calls, 0
    assert not assert_whole(events, library)
    for n in range(6):
        calls, moment = 0, 1 + n * count // 6
        went += assert_whole(list(library.stream(question)), library)
        moment = -1
        library.ingest([papers])
    assert went == 6
