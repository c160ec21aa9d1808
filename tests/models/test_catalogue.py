from __future__ import annotations

import hashlib
import json
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from rag_app.config import Settings, load
from rag_app.errors import ModelDamaged, ModelError, ModelMissing
from rag_app.models import catalogue, provenance
from rag_app.models.registry import ModelFile, ModelSpec

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from rag_app.models.conventions import Conventions

FILES = {"config.json": b'{"hidden_size": 4}', "model.safetensors": b"weights", "1_Pooling/config.json": b"{}"}


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def spec_of(name: str, role: catalogue.ModelRole, files: Mapping[str, bytes], **values: Any) -> ModelSpec:
    listed = tuple(ModelFile(file, len(data), sha256(data)) for file, data in files.items())
    return ModelSpec(name=name, role=role, licence="MIT", files=listed, packages=(), **values)


def write(folder: Path, files: Mapping[str, bytes]) -> Path:
    for file, data in files.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes(data)
    return folder


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings whose folder of models holds the one embedder of a registry of two."""
    specs = (
        spec_of("tiny", "embedder", FILES, aliases=("org/tiny",), dimensions=4, max_tokens=16, query_prompt="q: "),
        spec_of("talker", "generator", {"talker.gguf": b"GGUF"}, note="talks"),
    )
    monkeypatch.setattr("rag_app.models.registry.registry", lambda: specs)
    monkeypatch.setattr("rag_app.models.catalogue.registry", lambda: specs)
    write(tmp_path / "models" / "tiny", FILES)
    return Settings(library=tmp_path / "library", models=tmp_path / "models", embedder="tiny", generator="talker")


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The name of every file whose bytes are read to hash them."""
    names: list[str] = []
    compute = provenance.sha256_of

    def record(path: Path) -> str:
        names.append(path.name)
        return compute(path)

    monkeypatch.setattr("rag_app.models.provenance.sha256_of", record)
    return names


def test_resolve_finds_a_model_by_its_name_and_by_its_name_on_the_hub(settings: Settings) -> None:
    model = catalogue.resolve("tiny", "embedder", settings)
    assert (model.name, model.role, model.path) == ("tiny", "embedder", settings.models / "tiny")
    assert model.fingerprint == sha256(b"weights")
    assert catalogue.resolve("org/tiny", "embedder", settings) == model


def test_a_model_that_is_not_installed_names_the_command(settings: Settings) -> None:
    with pytest.raises(ModelMissing, match="The model talker is not installed") as caught:
        catalogue.resolve("talker", "generator", settings)
    assert caught.value.hint == "Run `rag models pull talker`."
    with pytest.raises(ModelMissing, match="The model org/other is not installed") as caught:
        catalogue.resolve("org/other", "embedder", settings)
    assert caught.value.hint == "Run `rag models pull org/other`."


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("tinny", "No model is called 'tinny'"),
        ("a b/c", "No model is called 'a b/c'"),
        ("a/../c", r"No model is called 'a/\.\./c'"),
        ("./absent", "There is no model at absent"),
        ("/absent/folder", "There is no model at /absent/folder"),
        ("absent.gguf", r"There is no model at absent\.gguf"),
    ],
)
def test_a_name_that_means_nothing_is_missing(settings: Settings, name: str, message: str) -> None:
    with pytest.raises(ModelMissing, match=message):
        catalogue.resolve(name, "embedder", settings)


def test_a_model_of_another_role_is_refused(settings: Settings) -> None:
    with pytest.raises(ModelError, match="The model talker is a generator, not an embedder") as caught:
        catalogue.resolve("talker", "embedder", settings)
    assert caught.value.hint == "Name it in the setting `generator`, and another model in `embedder`."
    with pytest.raises(ModelError, match="The model tiny is an embedder, not a reranker"):
        catalogue.resolve("tiny", "reranker", settings)


def test_a_truncated_file_is_damage_and_the_hint_replaces_it(settings: Settings) -> None:
    path = settings.models / "tiny" / "model.safetensors"
    path.write_bytes(b"weight")
    with pytest.raises(ModelDamaged, match=rf"{path} has 6 bytes; 7 were expected\.") as caught:
        catalogue.resolve("tiny", "embedder", settings)
    assert caught.value.hint == "Run `rag models pull tiny`, which replaces it."


def test_a_file_altered_after_its_verification_is_damage(settings: Settings) -> None:
    catalogue.resolve("tiny", "embedder", settings)
    path = settings.models / "tiny" / "model.safetensors"
    times = path.stat()
    path.write_bytes(b"Weights")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))  # as a tool that restores times would
    with pytest.raises(ModelDamaged, match=f"has the SHA-256 {sha256(b'Weights')}; {sha256(b'weights')} was expected"):
        catalogue.resolve("tiny", "embedder", settings)


def test_an_absent_and_an_added_file_are_damage(settings: Settings) -> None:
    added = settings.models / "tiny" / "model-00002.safetensors"
    added.write_bytes(b"more")
    with pytest.raises(ModelDamaged, match=r"model-00002\.safetensors is not part of the model tiny"):
        catalogue.resolve("tiny", "embedder", settings)
    added.unlink()
    (settings.models / "tiny" / "config.json").unlink()
    with pytest.raises(ModelDamaged, match=r"config\.json cannot be read: No such file or directory"):
        catalogue.resolve("tiny", "embedder", settings)


def test_a_sound_model_is_hashed_once(settings: Settings, hashed: list[str]) -> None:
    catalogue.resolve("tiny", "embedder", settings)
    assert sorted(hashed) == ["config.json", "config.json", "model.safetensors"]
    hashed.clear()
    catalogue.resolve("tiny", "embedder", settings)
    assert hashed == []
    (settings.models / "tiny" / "model.safetensors").touch()
    catalogue.resolve("tiny", "embedder", settings)
    catalogue.resolve("tiny", "embedder", settings)
    assert hashed == ["model.safetensors"]


@pytest.mark.parametrize("text", ["", "[]", "{", '{"source": "packages", "files": [{"file": "x"}]}'])
def test_a_receipt_that_cannot_be_read_is_written_anew(settings: Settings, hashed: list[str], text: str) -> None:
    (settings.models / "tiny" / ".receipt.json").write_text(text)
    catalogue.resolve("tiny", "embedder", settings)
    assert len(hashed) == len(FILES)
    assert json.loads((settings.models / "tiny" / ".receipt.json").read_text())["source"] == "packages"


def test_a_receipt_cannot_vouch_for_other_files_than_those_of_the_registry(settings: Settings) -> None:
    folder = settings.models / "tiny"
    (folder / "model.safetensors").write_bytes(b"forgery")
    provenance.write_receipt(folder, provenance.PACKAGES, [provenance.seal(folder, file) for file in FILES])
    with pytest.raises(ModelDamaged, match=r"model\.safetensors has the SHA-256"):
        catalogue.resolve("tiny", "embedder", settings)


def test_a_folder_of_the_hub_without_a_receipt_is_not_trusted(settings: Settings) -> None:
    write(settings.models / "hub" / "org--other", FILES)
    with pytest.raises(ModelDamaged, match="Nothing tells what the files of org/other"):
        catalogue.resolve("org/other", "embedder", settings)


def test_a_folder_of_the_user_is_used_in_place_and_never_written_to(
    settings: Settings, tmp_path: Path, hashed: list[str]
) -> None:
    folder = write(tmp_path / "mine", FILES)
    model = catalogue.resolve(str(folder), "embedder", settings)
    assert (model.path, model.spec, model.fingerprint) == (folder, None, sha256(b"weights"))
    assert catalogue.resolve(str(folder), "embedder", settings) == model
    assert hashed == ["model.safetensors"]
    assert sorted(path.name for path in folder.iterdir()) == ["1_Pooling", "config.json", "model.safetensors"]
    (folder / "model.safetensors").write_bytes(b"trained")
    assert catalogue.resolve(str(folder), "embedder", settings).fingerprint == sha256(b"trained")


def test_the_fingerprint_of_weights_in_shards_names_them_all(settings: Settings, tmp_path: Path) -> None:
    folder = write(tmp_path / "mine", {"config.json": b"{}", "b.safetensors": b"2", "a.safetensors": b"1"})
    expected = sha256(f"{sha256(b'1')}  a.safetensors\n{sha256(b'2')}  b.safetensors\n".encode())
    assert catalogue.resolve(str(folder), "embedder", settings).fingerprint == expected


def test_a_folder_of_models_that_cannot_be_written_to_costs_only_time(settings: Settings, tmp_path: Path) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where the folder should be")
    folder = write(tmp_path / "mine", FILES)
    model = catalogue.resolve(str(folder), "embedder", replace(settings, models=blocked))
    assert model.fingerprint == sha256(b"weights")


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"modeling.py": b""}, r"modeling\.py, which could run code"),
        ({"pytorch_model.bin": b""}, r"pytorch_model\.bin, which could run code"),
        ({"sub/optimizer.PT": b""}, r"optimizer\.PT, which could run code"),
        ({"weights.pkl": b""}, r"weights\.pkl, which could run code"),
        ({"config.json": b'{"auto_map": {}}'}, r"asks in .*/config\.json for code of its own"),
        ({"tokenizer_config.json": b'{"auto_map": {}}'}, r"asks in .*tokenizer_config\.json for code of its own"),
        ({"modules.json": b'[{"type": "mine.Pooling"}]'}, r"asks in .*modules\.json for code of its own"),
    ],
)
def test_a_folder_that_could_run_code_is_refused(
    settings: Settings, tmp_path: Path, files: dict[str, bytes], message: str
) -> None:
    folder = write(tmp_path / "mine", FILES | files)
    with pytest.raises(ModelError, match=message):
        catalogue.resolve(str(folder), "embedder", settings)


def test_a_folder_without_safetensors_is_refused(settings: Settings, tmp_path: Path) -> None:
    folder = write(tmp_path / "mine", {"config.json": b"{}", "model.onnx": b""})
    with pytest.raises(ModelError, match="mine holds no weights in safetensors format"):
        catalogue.resolve(str(folder), "embedder", settings)


def test_a_gguf_file_of_the_user_is_a_generator_and_must_begin_as_one(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "mine.gguf"
    path.write_bytes(b"GGUF and more")
    model = catalogue.resolve(str(path), "generator", settings)
    assert (model.path, model.fingerprint) == (path, sha256(b"GGUF and more"))
    with pytest.raises(ModelError, match="is a generator, not a reranker"):
        catalogue.resolve(str(path), "reranker", settings)
    path.write_bytes(b"PK and more")
    with pytest.raises(ModelError, match=r"mine\.gguf is not a GGUF file"):
        catalogue.resolve(str(path), "generator", settings)


def test_the_role_of_a_folder_is_read_from_its_files(settings: Settings, tmp_path: Path) -> None:
    architecture = b'{"architectures": ["BertForSequenceClassification"]}'
    reranker = write(tmp_path / "reranker", {"config.json": architecture, "model.safetensors": b""})
    assert catalogue.resolve(str(reranker), "reranker", settings).role == "reranker"
    with pytest.raises(ModelError, match="reranker is a reranker, not an embedder"):
        catalogue.resolve(str(reranker), "embedder", settings)
    embedder = write(tmp_path / "pooled", FILES)
    for role in ("reranker", "generator"):
        with pytest.raises(ModelError, match=f"pooled is an embedder, not a {role}"):
            catalogue.resolve(str(embedder), role, settings)


def test_statuses_tell_what_is_installed_sound_and_chosen(settings: Settings) -> None:
    chosen = replace(settings, embedder="org/tiny", reranker="org/other")
    (settings.models / "tiny" / "model.safetensors").write_bytes(b"short")
    tiny, talker, other = catalogue.statuses(chosen)
    assert (tiny.name, tiny.installed, tiny.verified, tiny.chosen) == ("tiny", True, False, True)
    assert tiny.problem == f"{settings.models / 'tiny' / 'model.safetensors'} has 5 bytes; 7 were expected."
    assert talker.as_json() == {
        "name": "talker",
        "role": "generator",
        "licence": "MIT",
        "bytes": 4,
        "installed": False,
        "verified": False,
        "chosen": True,
        "path": str(settings.models / "talker"),
        "problem": "",
        "note": "talks",
    }
    assert (other.name, other.role, other.installed, other.chosen) == ("org/other", "reranker", False, True)


def test_generators_are_those_that_are_installed_and_sound(settings: Settings, tmp_path: Path) -> None:
    assert catalogue.generators(settings) == []
    write(settings.models / "talker", {"talker.gguf": b"GGUF"})
    for name, data in (("org--some--m.gguf", b"GGUF"), ("org--bad--m.gguf", b"PK")):
        folder = write(settings.models / "hub" / name, {"m.gguf": data})
        provenance.write_receipt(folder, "hub", [provenance.seal(folder, "m.gguf")])
    write(settings.models / "hub" / "org--part--m.gguf.part", {"m.gguf": b"GG"})
    assert catalogue.generators(settings) == ["talker", "org/some/m.gguf"]
    own = tmp_path / "mine.gguf"
    own.write_bytes(b"GGUF")
    assert catalogue.generators(replace(settings, generator=str(own))) == ["talker", "org/some/m.gguf", str(own)]
    (settings.models / "talker" / "talker.gguf").write_bytes(b"short")
    assert catalogue.generators(settings) == ["org/some/m.gguf"]


def test_a_generator_that_is_chosen_by_its_name_on_the_hub_is_listed_once(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    specs = (spec_of("talker", "generator", {"talker.gguf": b"GGUF"}, aliases=("org/talker",)),)
    monkeypatch.setattr("rag_app.models.registry.registry", lambda: specs)
    monkeypatch.setattr("rag_app.models.catalogue.registry", lambda: specs)
    write(settings.models / "talker", {"talker.gguf": b"GGUF"})
    assert catalogue.generators(replace(settings, generator="org/talker")) == ["org/talker"]


def test_a_chosen_model_of_another_role_is_shown_as_a_problem(settings: Settings) -> None:
    status = catalogue.statuses(replace(settings, reranker="tiny"))[-1]
    assert (status.name, status.role, status.verified) == ("tiny", "reranker", False)
    assert status.problem == "The model tiny is an embedder, not a reranker."


def conventions_of(folder: Path, settings: Settings, files: Mapping[str, object]) -> Conventions:
    data = {file: json.dumps(value).encode() for file, value in files.items()}
    write(folder, {"config.json": b'{"hidden_size": 8}', "model.safetensors": b"", **data})
    return catalogue.conventions(catalogue.resolve(str(folder), "embedder", settings))


def test_conventions_of_the_registry_are_its_own(settings: Settings) -> None:
    found = catalogue.conventions(catalogue.resolve("tiny", "embedder", settings))
    assert found == catalogue.Conventions("q: ", "", "mean", True, 4, 16)


def test_conventions_of_a_folder_come_from_its_files(settings: Settings, tmp_path: Path) -> None:
    kinds = ["Transformer", "Pooling", "Dense"]
    files: dict[str, object] = {
        "modules.json": [
            {"path": "" if n == 0 else f"{n}_{kind}", "type": f"sentence_transformers.models.{kind}"}
            for n, kind in enumerate(kinds)
        ],
        "1_Pooling/config.json": {"word_embedding_dimension": 8, "pooling_mode_cls_token": True},
        "2_Dense/config.json": {"out_features": 3},
        "sentence_bert_config.json": {"max_seq_length": 128},
        "tokenizer_config.json": {"model_max_length": 512},
        "config_sentence_transformers.json": {"prompts": {"query": "Q: ", "document": "D: "}},
    }
    expected = catalogue.Conventions("Q: ", "D: ", "cls", normalize=True, dimensions=3, max_tokens=128)
    assert conventions_of(tmp_path / "mine", settings, files) == expected


def test_a_folder_that_compares_by_dot_product_keeps_the_lengths_of_vectors(settings: Settings, tmp_path: Path) -> None:
    files: dict[str, object] = {
        "1_Pooling/config.json": {"embedding_dimension": 8, "pooling_mode": ["cls", "mean"]},
        "config_sentence_transformers.json": {"similarity_fn_name": "dot", "prompts": {"corpus": "C: "}},
    }
    expected = catalogue.Conventions("", "C: ", "cls+mean", False, dimensions=16, max_tokens=512, similarity="dot")
    assert conventions_of(tmp_path / "mine", settings, files) == expected


def test_conventions_in_the_newer_spelling_are_read(settings: Settings, tmp_path: Path) -> None:
    files: dict[str, object] = {
        "modules.json": [
            {"path": "", "type": "sentence_transformers.sentence_transformer.modules.Transformer"},
            {"path": "1_Pooling", "type": "sentence_transformers.sentence_transformer.modules.Pooling"},
            {"path": "2_Normalize", "type": "sentence_transformers.sentence_transformer.modules.Normalize"},
        ],
        "1_Pooling/config.json": {"embedding_dimension": 8, "pooling_mode": "lasttoken"},
        "config.json": {"hidden_size": 8, "max_position_embeddings": 514, "model_type": "xlm-roberta"},
    }
    expected = catalogue.Conventions("", "", "lasttoken", normalize=True, dimensions=8, max_tokens=512)
    assert conventions_of(tmp_path / "mine", settings, files) == expected


@pytest.mark.parametrize(
    ("name", "query", "passage", "pooling"),
    [
        ("e5-small-v2", "query: ", "passage: ", "mean"),
        ("multilingual-e5-base", "query: ", "passage: ", "mean"),
        ("bge-base-en-v1.5", "Represent this sentence for searching relevant passages: ", "", "cls"),
        ("bge-m3", "", "", "cls"),
        ("make5", "", "", "mean"),
    ],
)
def test_conventions_of_a_known_family_follow_its_name(
    settings: Settings, tmp_path: Path, name: str, query: str, passage: str, pooling: str
) -> None:
    expected = catalogue.Conventions(query, passage, pooling, normalize=True, dimensions=8, max_tokens=512)
    assert conventions_of(tmp_path / name, settings, {}) == expected


def test_a_folder_without_a_configuration_has_no_conventions(settings: Settings, tmp_path: Path) -> None:
    folder = write(tmp_path / "mine", {"model.safetensors": b""})
    model = catalogue.resolve(str(folder), "embedder", settings)
    with pytest.raises(ModelError, match=r"has no config\.json that can be read"):
        catalogue.conventions(model)


def test_the_registry_agrees_with_the_settings_and_with_itself() -> None:
    defaults = {spec.role: spec.name for spec in catalogue.registry() if spec.default}
    assert defaults == catalogue.chosen(load(environment={}))
    for spec in catalogue.registry():
        pieces = [piece for package in spec.packages for piece in package.members]
        hashes = [file.sha256 for file in (*spec.files, *pieces)] + [package.sha256 for package in spec.packages]
        assert all(len(value) == 64 and int(value, 16) >= 0 for value in hashes), spec.name
        source = {spec.convert.source} if spec.convert else set()
        made = {spec.convert.target, *(spec.written or {})} if spec.convert else set()
        assert {file.file for file in spec.files} == ({piece.file for piece in pieces} - source) | made
        assert len({package.name for package in spec.packages}) == len(spec.packages)
        if not spec.convert:
            assert spec.bytes == sum(piece.bytes for piece in pieces)


def test_hub_names_of_the_registry_are_its_models() -> None:
    names = {
        "sentence-transformers/all-MiniLM-L6-v2": "all-MiniLM-L6-v2",
        "cross-encoder/ms-marco-MiniLM-L12-v2": "ms-marco-MiniLM-L-12-v2",
        "cross-encoder/ms-marco-MiniLM-L-12-v2": "ms-marco-MiniLM-L-12-v2",
        "BAAI/bge-small-en-v1.5": None,  # the publisher's weights are not those of the 8-bit export
    }
    found = {name: spec.name if (spec := catalogue.find_spec(name)) else None for name in names}
    assert found == names


@pytest.mark.models
@pytest.mark.parametrize("name", [spec.name for spec in catalogue.registry()])
def test_an_installed_model_is_what_the_registry_says(name: str) -> None:
    spec = catalogue.find_spec(name)
    assert spec is not None
    settings = load()
    catalogue.pull([name], settings)
    model = catalogue.resolve(name, spec.role, settings)
    assert model.fingerprint == provenance.fingerprint(spec.files)
    [status] = [status for status in catalogue.statuses(settings) if status.name == name]
    assert (status.installed, status.verified, status.bytes) == (True, True, spec.bytes)


@pytest.mark.models
@pytest.mark.parametrize("name", [spec.name for spec in catalogue.registry() if spec.role == "embedder"])
def test_the_folder_of_an_embedder_has_the_conventions_of_the_registry(name: str) -> None:
    model = catalogue.resolve(name, "embedder", load())
    catalogue.conventions(model)
    assert catalogue.conventions(replace(model, spec=None)) == catalogue.conventions(model)
