"""Files that are damaged, hostile or odd: each ends in text, a warning or a clean reason, and harms no other."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import odd_files
import pypdf
import pytest
from fakes import write_pdf

from ingest import Document, DocumentError, Readers, discover, fingerprint, process

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

Result = Document | DocumentError


@pytest.fixture(scope="module")
def readers() -> Iterator[Readers]:
    with Readers(2) as opened:
        yield opened


def outcome(readers: Readers, path: Path, password: str | None = None) -> str:
    """Return the reason for which a file is refused, or its text with "|" between the pages."""
    try:
        document = readers.read(path, password)
    except DocumentError as error:
        return error.reason
    return document.text.replace("\f", "|")


# Damage


@pytest.mark.parametrize(
    ("make", "text", "methods", "warning"),
    [
        (odd_files.broken_xref, "Alpha text.|Beta text.", "ff", "as the first failed: xref table read error"),
        (odd_files.missing_trailer, "Alpha text.|Beta text.", "ff", "as the first failed: Stream has ended"),
        (odd_files.wrong_length, "Alpha text.|Beta text.", "ft", "page 1 read with the second parser: Declared stream"),
        (odd_files.bad_object_header, "Alpha text.|Beta text.|", "fff", "page 3 could not be read"),
        (odd_files.bad_catalogue_header, "Alpha text.|Beta text.|Gamma text.", "fff", "Cannot find Root object"),
        (odd_files.lost_page, "Alpha text.|Beta text.", "tt", "pages are missing: found 2 of 3 pages"),
        (odd_files.truncated_tail, "Alpha text.|Beta text.|", "fff", "its list of pages was damaged"),
        (odd_files.truncated_without_catalogue, "Alpha text.|Beta text.", "ff", "its list of pages was damaged"),
        (odd_files.one_bad_page, "Alpha text.|Beta text.|Gamma text.", "tft", "page 2 read with the second parser"),
        (odd_files.unknown_filter, "Alpha text.|Beta text.", "tf", "page 2 read with the second parser: Unsupported"),
        (odd_files.cyclic_page_tree, "Alpha text.|Beta text.|", "fff", "as the first failed: Detected cyclic page"),
        (odd_files.self_referring_length, "Alpha text.", "f", "page 1 read with the second parser: Detected loop"),
        (odd_files.exponential_page_tree, "Alpha text.", "f", "as the first failed: Maximum page tree entry limit"),
        (odd_files.bad_resources, "Alpha text.", "f", "Page resources are not a dictionary"),
        (odd_files.missing_font, "Alpha text.", "f", "Object 99 0 not defined"),
        (odd_files.bad_encryption, "Alpha text.", "f", "as the first failed: /Encrypt entry"),
    ],
)
def test_of_a_damaged_file_is_read_what_either_parser_can_read(
    readers: Readers, tmp_path: Path, make: Callable[[], bytes], text: str, methods: str, warning: str
) -> None:
    path = tmp_path / "damaged.pdf"
    path.write_bytes(make())
    document = readers.read(path)
    assert document.text.replace("\f", "|") == text
    assert "".join(page.method[0] for page in document.pages) == methods
    assert warning in "; ".join(document.warnings)
    assert "IndirectObject" not in "; ".join(document.warnings)


def test_damage_that_no_parser_can_read_has_a_clean_reason(readers: Readers, tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(b"%PDF-1.7\n" + random.Random(0).randbytes(100_000))
    assert outcome(readers, path).startswith("is damaged and cannot be read: ")
    path.write_bytes(odd_files.self_referring_tree())
    assert outcome(readers, path).startswith("is damaged and cannot be read: ")
    path.write_bytes(odd_files.deep_page_tree())
    assert outcome(readers, path) == "is damaged and cannot be read: Maximum page tree depth reached: 101 > 100."
    path.write_bytes(random.Random(0).randbytes(100_000))
    assert outcome(readers, path) == "is not a PDF"
    path.write_bytes(b"")
    assert outcome(readers, path) == "is empty"


# Loops, bombs and sheer size


@pytest.fixture(scope="module")
def monsters(readers: Readers, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Result]:
    """What becomes of the files that need time or memory, read two at a time."""
    folder = tmp_path_factory.mktemp("monsters")
    made: dict[str, Callable[[], bytes]] = {
        "huge string": odd_files.huge_string,
        "deflated bomb": odd_files.deflated_bomb,
        "nested bomb": odd_files.nested_bomb,
        "billion forms": odd_files.billion_forms,
        "recursive form": odd_files.recursive_form,
        "10,000 pages": lambda: odd_files.many_pages(10_000),
        "20,001 pages": lambda: odd_files.many_pages(20_001),
        "deep array": odd_files.deep_array,
        "cyclic outline": odd_files.cyclic_outline_and_labels,
        "cyclic xref": odd_files.cyclic_xref,
        "xfa": odd_files.xfa_shell,
        "last": lambda: odd_files.simple("Alpha text."),
    }
    for name, make in made.items():
        (folder / f"{name}.pdf").write_bytes(make())
    return {path.stem: result for path, result in readers.read_all([folder / f"{name}.pdf" for name in made])}


@pytest.mark.parametrize(
    ("name", "text", "warning"),
    [
        ("deflated bomb", "Alpha text.|", "page 2 could not be read: Limit reached while decompressing"),
        ("nested bomb", "Alpha text.|", "page 2 could not be read: Limit reached while decompressing"),
        ("recursive form", "Alpha text.\nForm text.", "Detected cyclic form XObject reference, skipping /X"),
        ("deep array", "Alpha text.|", "page 2 could not be read: maximum recursion depth exceeded"),
        ("cyclic outline", "Alpha text.", "Ignoring kid with missing or malformed /Limits in /PageLabels"),
        ("cyclic xref", "Alpha text.", "Circular xref chain detected"),
        ("xfa", "Please wait... open this in another program.", ""),
        ("last", "Alpha text.", ""),
    ],
)
def test_loops_and_bombs_cost_only_themselves(monsters: dict[str, Result], name: str, text: str, warning: str) -> None:
    document = monsters[name]
    assert isinstance(document, Document)
    assert document.text.replace("\f", "|") == text
    assert warning in "; ".join(document.warnings)


def test_a_page_that_takes_too_long_is_broken_off_and_named(monsters: dict[str, Result]) -> None:
    document = monsters["huge string"]
    assert isinstance(document, Document)
    assert document.pages[0].text == "Alpha text."
    assert set(document.pages[1].text) == {"a", " "}
    assert "page 2 read with the second parser: took longer than 8 seconds" in document.warnings


def test_forms_that_multiply_crash_at_most_the_reader(monsters: dict[str, Result]) -> None:
    document = monsters["billion forms"]
    assert isinstance(document, Document)
    assert document.text.startswith("Alpha text.\nlol\nlol")
    assert len(document.text) < 100_000
    assert "form XObject invocations" in "; ".join(document.warnings)
    assert "the second parser" in "; ".join(document.warnings)


def test_ten_thousand_pages_are_read_and_more_than_twenty_thousand_are_not(monsters: dict[str, Result]) -> None:
    document = monsters["10,000 pages"]
    assert isinstance(document, Document)
    assert [page.text for page in document.pages[::5000]] == ["Page 1 of many.", "Page 5001 of many."]
    assert len(document.pages) == 10_000
    refused = monsters["20,001 pages"]
    assert isinstance(refused, DocumentError)
    assert refused.reason == "has 20,001 pages; at most 20,000 are read"


def test_a_text_of_more_than_fifty_million_characters_is_refused(readers: Readers, tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    path.write_bytes(b"word " * 10_000_001)
    assert outcome(readers, path) == "holds more than 50 million characters of text"


def test_a_file_of_more_than_200_megabytes_is_not_opened(readers: Readers, tmp_path: Path) -> None:
    path = tmp_path / "sparse.pdf"
    with path.open("wb") as file:
        file.truncate(8 << 30)
    assert outcome(readers, path) == "is too large: 8,590 MB; at most 200 MB are read"
    with pytest.raises(DocumentError, match="is too large"):
        fingerprint(path)


# Scripts and fonts

SCRIPTS = ["שלום עולם", "مرحبا بالعالم", "日本語の文書です", "한국어 문서", "Ελληνικά и русский"]
UNKNOWN = "is encrypted in a way that cannot be read: only Standard PDF encryption handler is available"
NAMES = [b"new\nline", b"latin-\xe9\xff", b"x" * 251, b"-rf", "🐘 naïve".encode(), b"'\"$(x);"]


@pytest.mark.parametrize(
    "text", ["שלום עולם", "مرحبا بالعالم", "日本語の文書です", "한국어 문서", "Ελληνικά και русский"]
)
def test_text_of_every_script_is_read(readers: Readers, tmp_path: Path, text: str) -> None:
    path = tmp_path / "script.pdf"
    path.write_bytes(odd_files.composite(text))
    read = outcome(readers, path)
    assert read in (
        text,
        " ".join(word[::-1] for word in text.split()[::-1]),
    )  # a line may come in the order it is seen
    assert sorted(read) == sorted(text)


def test_letters_that_the_font_does_not_name_are_not_invented(readers: Readers, tmp_path: Path) -> None:
    path = tmp_path / "unnamed.pdf"
    path.write_bytes(odd_files.composite("Hello world", mapped=False))
    assert "Hello" not in outcome(readers, path)


# Passwords


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("locked")
    paths = {}
    for name, user in {"user": "open sesame", "owner": ""}.items():
        writer = pypdf.PdfWriter(clone_from=write_pdf(folder / f"{name}.pdf", "Secret text."))
        writer.encrypt(user, owner_password="owner", algorithm="AES-256")
        writer.write(folder / f"{name}.pdf")
        paths[name] = folder / f"{name}.pdf"
    paths["unknown"] = folder / "unknown.pdf"
    unknown = odd_files.pages([odd_files.stream(odd_files.words("Secret text."))])
    paths["unknown"].write_bytes(odd_files.assemble(unknown, b"/Encrypt<</Filter/Foo/V 9>>"))
    return paths


@pytest.mark.parametrize(
    ("name", "password", "expected"),
    [
        ("user", None, "is encrypted: a password is needed"),
        ("user", "guess", "is encrypted: the password is wrong"),
        ("user", "open sesame", "Secret text."),
        ("user", "owner", "Secret text."),
        ("owner", None, "Secret text."),
        (
            "unknown",
            None,
            "is encrypted in a way that cannot be read: only Standard PDF encryption handler is available",
        ),
    ],
)
def test_encrypted_files_need_their_password(
    readers: Readers, locked: dict[str, Path], name: str, password: str | None, expected: str
) -> None:
    assert outcome(readers, locked[name], password) == expected


# Names and things that are no files


@pytest.mark.parametrize("name", NAMES)
def test_a_file_may_have_any_name(readers: Readers, tmp_path: Path, name: bytes) -> None:
    path = tmp_path / os.fsdecode(name + b".pdf")
    try:
        path.write_bytes(odd_files.simple("Alpha text."))
    except OSError as error:
        pytest.skip(f"this file system has no such names: {error}")
    assert discover([tmp_path]).files == (path,)
    document = readers.read(path)
    assert (document.path, document.text) == (str(path), "Alpha text.")
    assert document.title.encode().decode() == document.title
    with pytest.raises(DocumentError) as caught:
        readers.read(path.with_name(path.name[:-4] + ".pdx"))
    assert caught.value.path.endswith(".pdx")


def test_pipes_and_devices_are_not_opened(readers: Readers, tmp_path: Path) -> None:
    pipe, device = tmp_path / "pipe.pdf", tmp_path / "device.pdf"
    os.mkfifo(pipe)
    device.symlink_to("/dev/zero")
    for path in (pipe, device):
        assert outcome(readers, path) == "is not a file"
        with pytest.raises(DocumentError, match="is not a file"):
            fingerprint(path)
    assert [problem.reason for problem in discover([pipe, device]).problems] == ["is neither a file nor a folder"] * 2
    assert discover([tmp_path]).files == ()


def test_a_pipe_that_takes_the_place_of_a_file_does_not_hang(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "swapped.pdf"
    path.write_bytes(odd_files.simple("Alpha text."))
    regular = path.stat()
    path.unlink()
    os.mkfifo(path)
    monkeypatch.setattr(type(path), "stat", lambda self, **options: regular)
    with pytest.raises(DocumentError, match="is not a file"):
        fingerprint(path)


def test_a_link_out_of_the_folder_is_passed_over_and_one_that_is_named_is_read(
    readers: Readers, tmp_path: Path
) -> None:
    (tmp_path / "secret.pdf").write_bytes(odd_files.simple("Alpha text."))
    folder = tmp_path / "folder"
    folder.mkdir()
    link = folder / "link.pdf"
    link.symlink_to(tmp_path / "secret.pdf")
    assert discover([folder]).files == ()
    assert discover([link]).files == (link,)
    assert outcome(readers, link) == "Alpha text."


# Processes


def test_files_come_back_in_order_and_only_a_few_are_read_ahead(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.txt" for number in range(12)]
    for path in paths:
        path.write_text(f"Text {path.stem}.")
    asked: list[Path] = []

    def asking() -> Iterator[Path]:
        for path in paths:
            asked.append(path)
            yield path

    with Readers(2) as readers:
        results = readers.read_all(asking())
        first = next(results)
        assert len(asked) == 5
        everything = [first, *results]
    assert [path for path, _ in everything] == paths
    assert [result.text for _, result in everything if isinstance(result, Document)] == [
        f"Text {number}." for number in range(12)
    ]


def test_a_process_that_is_killed_is_replaced(readers: Readers, tmp_path: Path) -> None:
    slow, quick = tmp_path / "slow.pdf", tmp_path / "quick.pdf"
    slow.write_bytes(odd_files.many_pages(8_000))
    quick.write_bytes(odd_files.simple("Alpha text."))
    with Readers(1) as own:
        assert outcome(own, quick) == "Alpha text."
        worker = own._processes[-1]
        assert worker._child
        results = own.read_all([slow, quick])
        child = worker._child.pid
        timer = subprocess.Popen([sys.executable, "-c", f"import os, time; time.sleep(1); os.kill({child}, 9)"])
        outcomes = [result for _, result in results]
        timer.wait()
    assert isinstance(outcomes[0], DocumentError)
    assert outcomes[0].reason == "needed more than 1 GiB of memory"
    assert isinstance(outcomes[1], Document)
    assert outcomes[1].text == "Alpha text."


def test_a_file_that_overruns_its_time_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow, quick = tmp_path / "slow.pdf", tmp_path / "quick.pdf"
    slow.write_bytes(odd_files.many_pages(8_000))
    quick.write_bytes(odd_files.simple("Alpha text."))
    monkeypatch.setattr(process, "seconds", lambda pages: 1.0)
    monkeypatch.setattr(process, "PATIENCE", 1)
    monkeypatch.setattr(process, "_TO_SPARE", 0.0)
    with Readers(1) as own:
        assert outcome(own, slow) == "took longer than 1 seconds"
        assert outcome(own, quick) == "Alpha text."


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("raise SystemExit(3)", "was not read: the process that reads files does not start (status 3)"),
        ("out.write(ready + b'\\xff' * 8)", "made the reader crash: a message of 4294967295 bytes"),
        ("out.write(ready + pack({'text': 'no page'}))", "made the reader crash: no reader makes such a document"),
        ("out.write(ready + pack({'end': True, 'tired': True}))", "made the reader crash: no answer"),
        (
            "out.write(ready + pack({'pages': float('inf')}))",
            "made the reader crash: cannot convert float infinity to integer",
        ),
        ("out.write(ready + b'\\0\\0\\0\\2[]')", "made the reader crash: no object"),
        ("out.write(ready); out.flush(); os.kill(os.getpid(), 11)", "made the reader crash"),
        ("out.write(ready); out.flush(); os.kill(os.getpid(), 9)", "needed more than 1 GiB of memory"),
        ("out.write(ready + pack({'error': '\\x1b[2J' + 'x' * 9999}))", "[2J" + "x" * 996 + "…"),
    ],
)
def test_what_a_worker_says_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, expected: str
) -> None:
    worker = tmp_path / "worker"
    head = f"#!{sys.executable}\nimport os, sys\nsys.path[:0] = {sys.path!r}\nfrom ingest.wire import pack\n"
    end = "out.write(pack({'end': True, 'tired': True}))\nout.flush()\nsys.stdin.read()\n"
    worker.write_text(f"{head}out, ready = sys.stdout.buffer, pack({{'ready': True}})\n{body}\n{end}")
    worker.chmod(0o755)
    monkeypatch.setattr(process.sys, "executable", str(worker))
    path = tmp_path / "a.txt"
    path.write_text("Alpha text.")
    with Readers(1) as own:
        assert outcome(own, path) == expected


def test_memory_is_limited(tmp_path: Path) -> None:
    code = (
        "import resource\nfrom ingest.limits import confine, MEMORY\nconfine(MEMORY)\n"
        "try:\n    bytearray(MEMORY)\nexcept MemoryError:\n    print('refused')\n"
        "try:\n    open('x', 'wb', 0).write(b'x' * 10)\nexcept OSError as error:\n    print(error.errno)\n"
    )
    if not sys.platform.startswith("linux"):
        pytest.skip("only Linux bounds the memory of a process")
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert run.stdout.split() == ["refused", "27"]


def test_a_worker_starts_without_heavy_modules(tmp_path: Path) -> None:
    code = (
        "import sys\nimport ingest.worker, ingest.pool\n"
        "print([name for name in ('numpy', 'pypdf', 'pypdfium2', 'rag_app', 'rapidocr') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


PARENT = """
import signal, sys
from pathlib import Path
from ingest import Readers
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell leaves it ignored in what it runs in the background
with Readers(1) as readers:
    readers.read(Path(sys.argv[2]))
    print(readers._processes[-1]._child.pid, flush=True)
    try:
        readers.read(Path(sys.argv[1]))
    except KeyboardInterrupt:
        print("interrupted", flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_no_worker_outlives_its_parent(tmp_path: Path, number: signal.Signals) -> None:
    slow, quick = tmp_path / "slow.pdf", tmp_path / "quick.pdf"
    slow.write_bytes(odd_files.many_pages(8_000))
    quick.write_bytes(odd_files.simple("Alpha text."))
    command = [sys.executable, "-c", PARENT, str(slow), str(quick)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as parent:
        assert parent.stdout
        worker = int(parent.stdout.readline())
        time.sleep(0.5)
        os.killpg(parent.pid, number)
        said, errors = parent.communicate(timeout=20)
    assert (said, errors) == ("interrupted\n" if number == signal.SIGINT else "", "")
    until = time.monotonic() + 5
    while is_running(worker) and time.monotonic() < until:
        time.sleep(0.05)
    assert not is_running(worker)


def is_running(pid: int) -> bool:
    """Tell whether a process does anything; one that nobody has waited for does not."""
    try:
        state = subprocess.run(["ps", "-o", "state=", "-p", str(pid)], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no ps")
    return state.stdout.strip() not in ("", "Z")


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the kernel does not tell")
def test_the_memory_of_who_starts_a_process_is_not_counted_as_its_own() -> None:
    code = "from ingest.limits import peak_memory; print(peak_memory())"
    ballast = bytearray(b"x" * 300_000_000)
    own = int(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout)
    assert own < len(ballast)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals there")
def test_what_ends_a_service_does_not_end_the_process_that_reads_its_files(tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "a.pdf", "Alpha text.")
    reader = process.Process()
    try:
        for number in (signal.SIGTERM, signal.SIGINT):
            assert reader.read(path, None, native=True).pages[0].text == "Alpha text."
            assert reader._child
            first = reader._child.pid
            os.kill(first, number)
        assert reader.read(path, None, native=True).pages[0].text == "Alpha text."
        assert reader._child.pid == first
        assert signal.SIGTERM not in signal.pthread_sigmask(signal.SIG_BLOCK, ())
    finally:
        reader.kill()
        reader.close()
