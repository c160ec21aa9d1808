from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from fakes import FakeModels, ScriptedGenerator, WordEmbedder, WordReranker, make_settings

from rag_app.errors import LibraryClosed, ModelMissing
from rag_app.library import Library
from rag_app.models.catalogue import InstalledModel
from rag_app.models.loaded import LoadedModels, models_for, providing

if TYPE_CHECKING:
    from pathlib import Path

    from rag_app.config import Settings
    from rag_app.models.registry import ModelRole


class Counted(LoadedModels):
    """Models made of words, which note what is loaded."""

    def __init__(self, settings: Settings, **ready: Any) -> None:
        super().__init__(settings, **ready)
        self.loads: list[str] = []
        self.ready = threading.Event()
        self.ready.set()

    def _load_embedder(self) -> WordEmbedder:
        self.ready.wait(60)
        self.loads.append("embedder")
        return WordEmbedder()

    def _load_reranker(self) -> WordReranker:
        self.loads.append("reranker")
        return WordReranker()

    def _load_generator(self) -> ScriptedGenerator:
        self.loads.append(self._settings.generator)
        return ScriptedGenerator()

    def _installed(self, role: ModelRole) -> InstalledModel:
        return InstalledModel("words", role, self._settings.models, None, WordEmbedder.fingerprint)


@pytest.fixture
def models(tmp_path: Path) -> Counted:
    return Counted(make_settings(tmp_path))


def gguf(folder: Path, name: str) -> str:
    """Return the path of a file that begins as a generator's does."""
    file = folder / name
    file.write_bytes(b"GGUF" + bytes(100))
    return str(file)


def test_a_model_is_loaded_once_however_many_threads_ask_for_it_first(models: Counted) -> None:
    models.ready.clear()
    with ThreadPoolExecutor(8) as threads:
        asked = [threads.submit(lambda: models.embedder) for _ in range(8)]
        assert models.reranker is models.reranker  # nobody waits for another model
        models.ready.set()
        found = {id(one.result(60)) for one in asked}
    assert (len(found), models.loads) == (1, ["reranker", "embedder"])


def test_a_model_that_could_not_be_loaded_is_tried_again(tmp_path: Path) -> None:
    models = LoadedModels(make_settings(tmp_path, reranker="ms-marco-MiniLM-L-12-v2"))
    for _ in range(2):
        with pytest.raises(ModelMissing, match=r"^The model ms-marco-MiniLM-L-12-v2 is not installed\.$"):
            _ = models.reranker
    models.use_reranker(WordReranker())
    assert models.reranker.name == "shared-words"


def test_which_embedder_it_is_can_be_told_before_it_is_loaded(tmp_path: Path, models: Counted) -> None:
    with pytest.raises(ModelMissing):
        _ = LoadedModels(make_settings(tmp_path, embedder="all-MiniLM-L6-v2")).embedder_weights
    assert (models.embedder_weights.name, models.loads) == ("words", [])
    assert models.embedder is models.embedder_weights


def test_models_that_are_loaded_already_stand_for_those_of_the_settings(tmp_path: Path) -> None:
    ready = {"embedder": WordEmbedder(), "reranker": WordReranker(), "generator": ScriptedGenerator()}
    models = Counted(make_settings(tmp_path), **ready)
    assert (models.embedder, models.reranker, models.generator) == tuple(ready.values())
    assert models.loads == []


def test_another_generator_is_loaded_when_it_is_needed_and_the_same_one_is_not_again(tmp_path: Path) -> None:
    one, other = gguf(tmp_path, "one.gguf"), gguf(tmp_path, "other.gguf")
    models = Counted(make_settings(tmp_path, generator=one))
    before = models.generator
    models.use_generator(one)
    assert models.generator is before
    models.use_generator(other)
    assert models.loads == [one]
    assert models.generator is not before
    assert models.loads == [one, other]
    with pytest.raises(ModelMissing):
        models.use_generator("/nowhere.gguf")
    assert models.loads == [one, other]


def test_models_that_were_let_go_of_are_not_loaded_again(models: Counted) -> None:
    used = models.embedder
    models.close()
    for name in ("embedder", "reranker", "generator"):
        with pytest.raises(LibraryClosed, match="let go of"):
            getattr(models, name)
    assert used.count_tokens(["a b"]) == [2]  # whoever has it may use it to the end
    assert models.loads == ["embedder"]


def test_libraries_that_share_models_load_each_once(tmp_path: Path, models: Counted) -> None:
    for name in ("a", "b"):
        with Library.open(tmp_path / name, settings=make_settings(tmp_path), loaded=models) as library:
            (tmp_path / f"{name}.txt").write_text("The rent is 1,250 euros.")
            library.ingest(tmp_path / f"{name}.txt")
            assert library.search("rent")[0].text == "The rent is 1,250 euros."
            assert library._store.get("embedder") == "words"
    assert models.loads == ["embedder", "reranker"]


def test_a_library_has_what_is_provided_in_the_block_and_what_its_settings_name_after_it(tmp_path: Path) -> None:
    settings, fakes = make_settings(tmp_path), FakeModels()
    with providing(lambda _: fakes):
        assert models_for(settings) is fakes
        with Library.open(settings=settings) as library:
            assert library.loaded is fakes
        assert fakes.closed
    assert isinstance(models_for(settings), LoadedModels)
