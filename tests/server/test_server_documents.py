"""Documents over HTTP: listed, uploaded, read page by page, removed; and what else the server tells."""

from __future__ import annotations

import base64
import errno
import os
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import httpx
import numpy as np
import pytest
from conftest import LEASE
from fakes import write_pdf
from helpers_cli import wait_for
from running import SMALL, filled, running

from rag_app.server.api_errors import ApiError
from rag_app.server.shelf import Shelf
from rag_app.server.uploads import Uploads, safe_name

if TYPE_CHECKING:
    from running import Running

pytestmark = pytest.mark.slow

POOL = "The swimming pool opens at seven in the morning."


def upload(served: Running, name: str = "pool.txt", text: str = POOL, **query: str) -> dict[str, Any]:
    files = {"file": (name, text.encode(), "text/plain")}
    answer = served.client.post("/v1/documents", params={"wait": "true", **query}, files=files)
    assert answer.status_code == 201, answer.text
    value: dict[str, Any] = answer.json()
    return value


def names(served: Running) -> list[str]:
    return [document["name"] for document in served.client.get("/v1/documents").json()["data"]]


def stored(served: Running) -> list[Path]:
    folder = served.library.settings.library / "uploads"
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_documents_are_listed_by_their_ids(served: Running) -> None:
    value = served.client.get("/v1/documents").json()
    assert value["object"] == "list"
    lease, manual = value["data"]
    assert (lease["name"], lease["title"], lease["pages"], lease["uploaded"]) == (
        "lease.pdf",
        "Residential Lease",
        2,
        False,
    )
    assert manual["tags"] == ["public"]
    assert lease["id"].startswith("doc-")
    assert lease["id"] != manual["id"]


def test_an_uploaded_file_is_answered_from_and_goes_with_its_document(served: Running) -> None:
    job = upload(served)
    assert (job["object"], job["status"], job["document"]["name"]) == ("document.job", "done", "pool.txt")
    assert job["document"]["uploaded"] is True
    assert sorted(names(served)) == ["lease.pdf", "manual.pdf", "pool.txt"]
    message = served.ask("When does the swimming pool open?").json()["choices"][0]["message"]
    assert message["citations"][0]["quote"] == POOL
    assert message["citations"][0]["document_id"] == job["document"]["id"]
    [path] = stored(served)
    assert path.name == "pool.txt"
    assert len(path.parent.name) == 32
    answer = served.client.delete(f"/v1/documents/{job['document']['id']}")
    assert answer.json() == {"id": job["document"]["id"], "object": "document", "deleted": True}
    assert sorted(names(served)) == ["lease.pdf", "manual.pdf"]
    assert stored(served) == []
    message = served.ask("When does the swimming pool open?").json()["choices"][0]["message"]
    assert message["status"] == "not_found"


def test_the_file_of_a_document_that_was_not_uploaded_stays(served: Running) -> None:
    [lease] = [d for d in served.client.get("/v1/documents").json()["data"] if d["name"] == "lease.pdf"]
    assert served.client.delete(f"/v1/documents/{lease['id']}").status_code == 200
    assert names(served) == ["manual.pdf"]
    assert Path(lease["path"]).is_file()
    assert served.client.delete(f"/v1/documents/{lease['id']}").status_code == 404


def test_an_attachment_has_an_id_of_its_own_and_goes_with_its_mail(served: Running) -> None:
    mail = (
        "Subject: Pool\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nSee the notice.\n--b\n"
        f'Content-Disposition: attachment; filename="notice.txt"\n\n{POOL}\n--b--\n'
    )
    upload(served, "pool.eml", mail)
    upload(served, "notice.txt", POOL)
    listed = {one["name"]: one["id"] for one in served.client.get("/v1/documents").json()["data"]}
    inside = listed["pool.eml > notice.txt"]
    assert inside != listed["notice.txt"]
    assert served.client.get(f"/v1/documents/{inside}/pages/1").json()["text"] == POOL
    refused = served.client.delete(f"/v1/documents/{inside}")
    assert refused.status_code == 400
    assert "pool.eml > notice.txt is a part of pool.eml: remove that." in refused.text
    assert served.client.delete(f"/v1/documents/{listed['pool.eml']}").status_code == 200
    assert [name for name in names(served) if "pool" in name or "notice" in name] == ["notice.txt"]


def test_a_job_tells_how_far_an_upload_is(served: Running) -> None:
    answer = served.client.post(
        "/v1/documents?name=pool.txt", content=POOL.encode(), headers={"content-type": "application/octet-stream"}
    )
    assert answer.status_code == 202
    job = answer.json()
    until = time.monotonic() + 10
    while job["status"] not in {"done", "failed"} and time.monotonic() < until:
        time.sleep(0.05)
        job = served.client.get(f"/v1/documents/jobs/{job['id']}").json()
    assert (job["status"], job["name"], job["passages_done"], job["passages"]) == ("done", "pool.txt", 1, 1)
    assert served.client.get("/v1/documents/jobs/job-0").status_code == 404


def test_an_upload_that_cannot_be_read_leaves_nothing_behind(served: Running) -> None:
    files = {"file": ("broken.pdf", b"%PDF-1.7 nothing", "application/pdf")}
    answer = served.client.post("/v1/documents?wait=1", files=files)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "unreadable_file")
    assert str(served.library.settings.library) not in answer.text
    assert stored(served) == []
    assert sorted(names(served)) == ["lease.pdf", "manual.pdf"]


FORM = "multipart/form-data; boundary=x"
PART = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nThe pool opens at nine.\r\n'
FORM_UNREADABLE = "The form cannot be read, or has more than one file."
NO_FILE = "The form has no file in the field `file`."


@pytest.mark.parametrize(
    ("kind", "content", "message"),
    [
        (FORM, b"garbage", FORM_UNREADABLE),
        ("multipart/form-data", PART, FORM_UNREADABLE),
        (FORM, PART + PART + b"--x--\r\n", FORM_UNREADABLE),
        (FORM, PART.replace(b'"file"', b'"datei"') + b"--x--\r\n", NO_FILE),
        (
            "application/octet-stream",
            b"x",
            "The name of the file is missing: send it as `?name=lease.pdf`.",
        ),
    ],
)
def test_an_upload_that_is_put_together_wrongly_is_told_why(
    served: Running, kind: str, content: bytes, message: str
) -> None:
    answer = served.client.post("/v1/documents", content=content, headers={"content-type": kind})
    assert (answer.status_code, answer.json()["error"]["message"]) == (400, message)
    assert stored(served) == []


@pytest.mark.parametrize("form", [False, True])
def test_a_full_disk_of_temporary_files_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, form: bool) -> None:
    def full(*_: Any, **__: Any) -> NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)  # what is small is kept in memory
    content = b"The pool. " * 150_000
    body: dict[str, Any] = {"files": {"file": ("a.txt", content)}} if form else {"content": content}
    headers = {} if form else {"content-type": "application/octet-stream"}
    with running(filled(tmp_path), limits=replace(SMALL, upload=5_000_000)) as served:
        answer = served.client.post("/v1/documents?name=a.txt", headers=headers, **body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (507, "disk_error")
        assert stored(served) == []


def test_uploads_that_wait_for_another_program_hold_up_nobody(served: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on, take, reached = threading.Event(), Uploads.take, list[str]()

    def late(*given: Any) -> Any:
        reached.append(given[2])
        assert go_on.wait(60)
        return take(*given)

    monkeypatch.setattr(Uploads, "take", late)
    with ThreadPoolExecutor(40) as clients:  # more than a server has threads for all else
        url = f"{served.url}/v1/documents"
        files = [{"file": (f"{n}.txt", f"The pool {n} opens.")} for n in range(40)]
        sent = [clients.submit(httpx.post, url, files=file, timeout=60) for file in files]
        try:
            wait_for(lambda: len(reached) >= 4)
            assert served.client.get(url).status_code == 200
        finally:
            go_on.set()
    assert {answer.result().status_code for answer in sent} <= {202, 429}


def test_a_file_that_the_library_has_is_not_kept_twice(served: Running) -> None:
    [lease] = [Path(d["path"]) for d in served.client.get("/v1/documents").json()["data"] if d["name"] == "lease.pdf"]
    answer = served.client.post("/v1/documents?wait=1", files={"file": ("copy.pdf", lease.read_bytes())})
    assert answer.json()["reason"] == "It is in the library already."
    assert answer.json()["document"]["name"] == "lease.pdf"
    assert answer.json()["document"]["paths"] == [str(lease)]
    assert stored(served) == []
    assert lease.is_file()


def test_a_link_among_the_uploads_deletes_no_other_file(served: Running, tmp_path: Path) -> None:
    upload(served)
    [path] = stored(served)
    other = write_pdf(tmp_path / "elsewhere" / "a.pdf", *LEASE)
    path.unlink()
    path.symlink_to(other)
    [pool] = [d for d in served.client.get("/v1/documents").json()["data"] if d["name"] == "pool.txt"]
    served.client.delete(f"/v1/documents/{pool['id']}")
    assert other.is_file()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("lease.pdf", "lease.pdf"),
        ("Überweisung 2024 (neu).PDF", "Überweisung 2024 (neu).pdf"),
        ("../../etc/cron.d/job.txt", "job.txt"),
        ("C:\\Windows\\system.txt", "system.txt"),
        ("a\x00.exe.txt", "a.exe.txt"),
        ("\u202etxt.exe\x1b[31m.md", "txt.exe 31m.md"),
        ("-rf.txt", "upload rf.txt"),
        (".txt", None),
        ("con.txt", "upload con.txt"),
        ("..txt", "upload.txt"),
        ("<script>alert(1)</script>.html", "script.html"),
        ("𝐟𝐢𝐥𝐞.txt", "file.txt"),
        ("契約書.pdf", "契約書.pdf"),
        ("a" * 500 + ".txt", "a" * 160 + ".txt"),
        ("noticeperiod", None),
        ("a.pkl", None),
        ("a.pdf/", None),
        ("\ud800.txt", "upload.txt"),
    ],
)
def test_a_name_is_kept_as_far_as_it_is_harmless(given: str, kept: str | None) -> None:
    if kept is None:
        with pytest.raises(ApiError, match="cannot be read"):
            safe_name(given)
    else:
        assert safe_name(given) == kept


def test_what_an_interrupted_run_left_is_swept_away(served: Running) -> None:
    from running import SMALL

    from rag_app.server.uploads import Uploads

    upload(served)
    folder = served.library.settings.library / "uploads"
    for name in ("old", "new"):
        (folder / name).mkdir()
        (folder / name / "left.txt").write_text("left")
    os.utime(folder / "old", (0, 0))
    [kept] = [path.parent for path in stored(served) if path.name == "pool.txt"]
    os.utime(kept, (0, 0))
    Uploads(served.library, SMALL).sweep()
    assert sorted(path.name for path in folder.iterdir()) == sorted(["new", kept.name])


@pytest.mark.skipif(os.name == "nt", reason="names are always Unicode there")
def test_two_servers_may_sweep_at_the_same_time(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    folders = [tmp_path / "uploads" / name for name in ("gone", "old")]
    folders[1].mkdir(parents=True)
    os.utime(folders[1], (0, 0))
    shelf.sweep(folders, needed=(), ended=())  # the first was swept away meanwhile
    assert shelf.folders() == []


def test_a_name_that_is_no_unicode_is_listed_and_cited(served: Running, tmp_path: Path) -> None:
    path = os.fsdecode(os.fsencode(tmp_path) + b"/pool\xff.txt")
    Path(path).write_text(POOL)
    served.library.ingest([path])
    assert "pool\udcff.txt" in names(served)
    message = served.ask("When does the swimming pool open?").json()["choices"][0]["message"]
    assert message["citations"][0]["name"] == "pool\udcff.txt"
    assert "pool" in str(served.events("When does the swimming pool open?")[-2]["citations"])


def test_pages_are_read_by_number(served: Running) -> None:
    [lease] = [d for d in served.client.get("/v1/documents").json()["data"] if d["name"] == "lease.pdf"]
    value = served.client.get(f"/v1/documents/{lease['id']}/pages/2").json()
    assert (value["page"], value["pages"], value["method"]) == (2, 2, "text")
    assert "A dog needs the written consent" in value["text"]
    assert served.client.get(f"/v1/documents/{lease['id']}/pages/3").json()["error"]["code"] == "not_found"


def test_search_returns_what_the_library_finds(served: Running) -> None:
    value = served.client.post("/v1/search", json={"question": "notice period", "k": 2}).json()
    assert (value["question"], value["mode"], len(value["passages"])) == ("notice period", "hybrid", 2)
    assert "notice period is three months" in value["passages"][0]["text"]
    assert value["passages"][0]["name"] == "lease.pdf"
    assert set(value["seconds"]) == {"embed", "retrieve", "rerank", "total"}
    filtered = {"query": "notice period", "mode": "keyword", "rerank": False, "filter": {"tags": ["public"]}}
    assert served.client.post("/v1/search", json=filtered).json()["passages"] == []


def test_embeddings_are_those_of_the_library_in_both_forms(served: Running) -> None:
    texts = ["the cat sat", "tax return"]
    plain = served.client.post("/v1/embeddings", json={"input": texts}).json()
    packed = served.client.post("/v1/embeddings", json={"input": texts, "encoding_format": "base64"}).json()
    wanted = served.library.embedder.embed_passages(texts)
    assert [row["index"] for row in plain["data"]] == [0, 1]
    assert np.allclose([row["embedding"] for row in plain["data"]], wanted)
    rows = [np.frombuffer(base64.b64decode(row["embedding"]), "<f4") for row in packed["data"]]
    assert np.array_equal(rows, wanted)
    assert plain["usage"] == {"prompt_tokens": 5, "total_tokens": 5}


def test_models_are_listed(served: Running) -> None:
    value = served.client.get("/v1/models").json()
    assert [model["id"] for model in value["data"]] == ["script", "words"]
    assert served.client.get("/v1/models/script").json()["object"] == "model"
    assert served.client.get("/v1/models/other").status_code == 404


def test_metrics_count_requests_and_answers_by_route(served: Running) -> None:
    served.ask("How long is the notice period?")
    served.ask("Who won the chess championship?")
    served.client.get("/v1/documents/doc-1/pages/1")
    served.client.post("/v1/search", content=b"x" * (SMALL.body + 1))
    lines = served.client.get("/metrics").text.splitlines()
    assert 'rag_requests_total{method="POST",route="/v1/chat/completions",status="200"} 2' in lines
    route = "/v1/documents/{identifier}/pages/{number}"
    assert f'rag_requests_total{{method="GET",route="{route}",status="404"}} 1' in lines
    assert 'rag_requests_total{method="POST",route="other",status="413"} 1' in lines
    assert 'rag_answers_total{status="answered"} 1' in lines
    assert 'rag_answers_total{status="not_found"} 1' in lines
    assert "rag_answer_seconds_count 2" in lines
    assert "rag_documents 2" in lines
    assert "rag_queue 0" in lines
