from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from fakes import make_settings
from toy_network import word_tokenizer, write_model

from rag_app.errors import DiskError, ModelError
from rag_app.models import encoder
from rag_app.models.catalogue import InstalledModel
from rag_app.models.encoder import OpenVinoEncoder, _arrays, _converted, _limit, _tokenizer, open_encoder

if TYPE_CHECKING:
    from pathlib import Path

    from rag_app.models.encoder import Kind


def model_at(path: Path) -> InstalledModel:
    return InstalledModel("sums", "embedder", path, None, "0123456789abcdef" * 4)


# Arrays and tokens


@pytest.mark.parametrize(("grain", "width"), [(1, 5), (4, 8), (16, 16)])
def test_sequences_are_padded_to_a_multiple_of_the_grain(grain: int, width: int) -> None:
    arrays = _arrays(word_tokenizer().encode_batch(["a", ("b", "c")]), grain, 64)
    rest = width - 5
    assert arrays["input_ids"].tolist() == [[2, 4, 3, 0, 0, *[0] * rest], [2, 5, 3, 6, 3, *[0] * rest]]
    assert arrays["attention_mask"].tolist() == [[1, 1, 1, 0, 0, *[0] * rest], [1, 1, 1, 1, 1, *[0] * rest]]
    assert arrays["token_type_ids"].tolist() == [[0] * width, [0, 0, 0, 1, 1, *[0] * rest]]
    assert {array.dtype for array in arrays.values()} == {np.dtype(np.int64)}


@pytest.mark.parametrize(("most", "width"), [(8, 8), (7, 7), (5, 5), (0, 5)])
def test_padding_ends_at_the_limit_of_the_model(most: int, width: int) -> None:
    arrays = _arrays(word_tokenizer().encode_batch([("b", "c")]), 16, most)
    assert arrays["input_ids"].shape == (1, width)


def test_a_long_text_is_cut_to_the_limit_with_its_marks() -> None:
    tokenizer = word_tokenizer()
    _limit(tokenizer, 5)
    assert tokenizer.encode("a b c d e f").tokens == ["[CLS]", "a", "b", "c", "[SEP]"]


def test_of_a_long_pair_the_passage_is_cut_and_the_question_stays_whole() -> None:
    tokenizer = word_tokenizer()
    _limit(tokenizer, 8)
    assert tokenizer.encode("a b", "c d e f g h").tokens == ["[CLS]", "a", "b", "[SEP]", "c", "d", "e", "[SEP]"]


def test_padding_that_a_tokenizer_file_asks_for_is_left_out(tmp_path: Path) -> None:
    tokenizer = word_tokenizer()
    tokenizer.enable_padding(length=64)
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    assert _tokenizer(tmp_path / "tokenizer.json", 8).encode("a").tokens == ["[CLS]", "a", "[SEP]"]


# OpenVINO


@pytest.fixture(scope="module")
def sums(tmp_path_factory: pytest.TempPathFactory) -> OpenVinoEncoder:
    return OpenVinoEncoder(write_model(tmp_path_factory.mktemp("model")), 64, 2)


def test_rows_come_back_in_the_order_of_the_sequences_whatever_their_lengths(sums: OpenVinoEncoder) -> None:
    texts = [" ".join("a" * n) for n in (3, 30, 1, 17, 60, 2, 16)]
    rows = sums.run(sums.tokenizer.encode_batch(texts))
    assert rows.dtype == np.float32
    assert rows[:, 1].tolist() == [n + 2 for n in (3, 30, 1, 17, 60, 2, 16)]  # words, [CLS] and [SEP]


def test_a_text_gives_the_same_row_alone_as_among_others(sums: OpenVinoEncoder) -> None:
    texts = ["a b c", "h " * 40, "d"]
    together = sums.run(sums.tokenizer.encode_batch(texts))
    alone = [sums.run(sums.tokenizer.encode_batch([text]))[0] for text in texts]
    assert np.array_equal(together, np.stack(alone))


def test_the_second_text_of_a_pair_is_told_by_its_type(sums: OpenVinoEncoder) -> None:
    [row] = sums.run([sums.tokenizer.encode("a", "b")])
    assert row.tolist() == [2 + 4 + 3 + 5 + 3, 5, 5 + 3]


def test_threads_that_share_an_encoder_get_the_rows_that_one_alone_gets(sums: OpenVinoEncoder) -> None:
    batches = [[" ".join("abcdefgh"[: 1 + (n + m) % 8] * (1 + n % 3)) for m in range(n % 5)] for n in range(200)]
    alone = [sums.run(sums.tokenizer.encode_batch(batch)) for batch in batches]
    done: list[int] = []

    def run(batch: list[str]) -> Any:
        return sums.run(sums.tokenizer.encode_batch(batch), done.append)

    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(run, batches))
    assert all(np.array_equal(*pair) for pair in zip(alone, together, strict=True))
    assert sum(done) == sum(map(len, batches))


def test_a_run_that_is_interrupted_leaves_an_encoder_that_works(
    sums: OpenVinoEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrays, calls = encoder._arrays, iter(range(9))

    def interrupted(*arguments: Any) -> Any:
        if next(calls) == 2:
            raise KeyboardInterrupt
        return arrays(*arguments)

    texts = sums.tokenizer.encode_batch(["one", "two words", "three words here"])
    with monkeypatch.context() as patch:
        patch.setattr(encoder, "_arrays", interrupted)
        with pytest.raises(KeyboardInterrupt):
            sums.run(texts, lambda _: time.sleep(0.3))  # so that two are at work
    assert len(sums.run(texts)) == 3


def test_nothing_gives_no_rows(sums: OpenVinoEncoder) -> None:
    assert len(sums.run([])) == 0


def test_progress_hears_of_every_sequence_once(sums: OpenVinoEncoder) -> None:
    heard: list[int] = []
    sums.run(sums.tokenizer.encode_batch(["a", "b c", "d"]), heard.append)
    assert heard == [1, 1, 1]
    sums.run(sums.tokenizer.encode_batch(["a"]))  # without progress, the earlier one is not told
    assert len(heard) == 3


# The converted model


@pytest.fixture
def converted(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Convert by writing the network of sums; return the folders that were written."""
    folders: list[Path] = []

    def convert(source: Path, kind: Kind, folder: Path, pooling: str) -> None:
        folders.append(write_model(folder))
        receipt = {name: encoder._sha256(folder / name) for name in ("model.xml", "model.bin", "tokenizer.json")}
        (folder / "receipt.json").write_text(json.dumps(receipt))

    monkeypatch.setattr(encoder, "_convert", convert)
    return folders


def test_a_model_is_converted_once_for_each_use(tmp_path: Path, converted: list[Path]) -> None:
    settings = make_settings(tmp_path)
    first = _converted(model_at(tmp_path), "embedder", settings)
    assert _converted(model_at(tmp_path), "embedder", settings) == first
    assert _converted(model_at(tmp_path), "reranker", settings) != first
    assert _converted(model_at(tmp_path), "embedder", settings, "cls") not in {first, *converted[:-1]}
    assert len(converted) == 3
    assert first.parent == settings.models / ".openvino"
    assert first.name.startswith("0123456789abcdef-embedder-")


@pytest.mark.parametrize("file", ["model.xml", "tokenizer.json", "receipt.json"])
@pytest.mark.parametrize("change", ["altered", "deleted"])
def test_a_damaged_conversion_is_made_anew(tmp_path: Path, converted: list[Path], file: str, change: str) -> None:
    settings = make_settings(tmp_path)
    folder = _converted(model_at(tmp_path), "embedder", settings)
    if change == "deleted":
        (folder / file).unlink()
    else:
        (folder / file).write_bytes(b"[]" + (folder / file).read_bytes())
    _converted(model_at(tmp_path), "embedder", settings)
    assert converted == [folder, folder]


def test_a_full_disk_during_the_conversion_is_an_error_of_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def convert(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(encoder, "_convert", convert)
    with pytest.raises(DiskError, match="No space left on device"):
        _converted(model_at(tmp_path), "embedder", make_settings(tmp_path))


# The choice of the engine


@pytest.fixture
def engines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let torch be the word "torch", and OpenVINO be absent."""

    def absent(*_: Any) -> None:
        raise ImportError("libopenvino.so: cannot open")

    monkeypatch.setattr(encoder, "TorchEncoder", lambda *_: "torch")
    monkeypatch.setattr(encoder, "_converted", absent)


@pytest.mark.usefixtures("engines")
@pytest.mark.parametrize("engine", ["auto", "torch"])
def test_where_openvino_cannot_be_loaded_torch_is_used(tmp_path: Path, engine: str) -> None:
    assert open_encoder(model_at(tmp_path), "embedder", 64, make_settings(tmp_path, engine=engine)) == "torch"


@pytest.mark.usefixtures("engines")
def test_where_openvino_was_asked_for_its_absence_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"OpenVINO cannot be loaded here: libopenvino\.so: cannot open\.") as caught:
        open_encoder(model_at(tmp_path), "embedder", 64, make_settings(tmp_path, engine="openvino"))
    assert caught.value.hint == 'Set engine = "auto" to use torch instead.'


@pytest.mark.usefixtures("converted")
@pytest.mark.parametrize("engine", ["auto", "openvino"])
def test_where_openvino_works_it_is_used(tmp_path: Path, engine: str) -> None:
    opened = open_encoder(model_at(tmp_path), "embedder", 64, make_settings(tmp_path, engine=engine))
    assert isinstance(opened, OpenVinoEncoder)
    assert opened.run([opened.tokenizer.encode("a")]).tolist() == [[2 + 4 + 3, 3, 0]]
