from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load_file

from rag_app.config import load
from rag_app.errors import DiskError, ModelError
from rag_app.models.catalogue import find_spec, resolve
from rag_app.models.convert import convert, safetensors_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

LAYER = "encoder.layer.0.attention.self.query"


def tensor(name: str, value: NDArray[np.generic]) -> TensorProto:
    return numpy_helper.from_array(value, name)


def graph(
    path: Path, *, operation: str = "/encoder/layer.0/attention/self/query/MatMul_quant", spare: bool = False
) -> Path:
    """Write a graph quantised as the real ones are: embeddings by name, a product by path, one scale a column."""
    tensors = [
        tensor("embeddings.word_embeddings.weight_quantized", np.array([[128, 255], [0, 130]], np.uint8)),
        tensor("embeddings.word_embeddings.weight_zero_point", np.array(128, np.uint8)),
        tensor("embeddings.word_embeddings.weight_scale", np.array(0.5, np.float32)),
        tensor("onnx::MatMul_7_quantized", np.array([[-128, 0, 1], [127, 2, 3]], np.int8)),
        tensor("onnx::MatMul_7_zero_point", np.array([127, 0, 1], np.int8)),
        tensor("onnx::MatMul_7_scale", np.array([1, 0.25, 2], np.float32)),
        tensor(f"{LAYER}.bias", np.array([1, 2, 3], np.float32)),
        tensor("a_shape", np.array([1, 2], np.int64)),
    ]
    if spare:
        tensors += [
            tensor("onnx::MatMul_8_quantized", np.zeros((1, 1), np.int8)),
            tensor("onnx::MatMul_8_zero_point", np.array(0, np.int8)),
            tensor("onnx::MatMul_8_scale", np.array(1, np.float32)),
        ]
    node = helper.make_node("MatMulInteger", ["x", "onnx::MatMul_7_quantized"], ["y"], name=operation)
    model = helper.make_model(helper.make_graph([node], "g", [], [], tensors))
    onnx.save(model, str(path))
    return path


def test_convert_dequantises_and_transposes_the_weights_of_a_product(tmp_path: Path) -> None:
    convert(graph(tmp_path / "model.onnx"), tmp_path / "model.safetensors")
    weights = load_file(tmp_path / "model.safetensors")
    assert sorted(weights) == ["embeddings.word_embeddings.weight", f"{LAYER}.bias", f"{LAYER}.weight"]
    assert weights["embeddings.word_embeddings.weight"].tolist() == [[0, 63.5], [-64, 1]]
    # -128 - 127 does not fit in int8
    assert weights[f"{LAYER}.weight"].tolist() == [[-255, 0], [0, 0.5], [0, 4]]
    assert weights[f"{LAYER}.bias"].tolist() == [1, 2, 3]


def test_convert_adds_the_weights_that_the_export_left_out_as_zeros(tmp_path: Path) -> None:
    convert(graph(tmp_path / "model.onnx"), tmp_path / "model.safetensors", {"pooler.dense.bias": (2,)})
    assert load_file(tmp_path / "model.safetensors")["pooler.dense.bias"].tolist() == [0, 0]


def test_the_same_weights_give_the_same_bytes_whatever_their_order() -> None:
    weights = {"b": np.ones((2, 1), np.float32), "a": np.zeros(3, np.float32)}
    data = safetensors_bytes(weights)
    assert data == safetensors_bytes(dict(reversed(weights.items())))
    assert hashlib.sha256(data).hexdigest() == "7a3f06cda67dfc1fae37cc39916e8aa0044973237324442e14efaa83d156e466"


def test_convert_refuses_a_weight_that_no_module_uses(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"No module of model\.onnx uses the tensor onnx::MatMul_8"):
        convert(graph(tmp_path / "model.onnx", spare=True), tmp_path / "model.safetensors")
    assert not (tmp_path / "model.safetensors").exists()


def test_convert_refuses_a_product_without_the_path_of_a_module(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"a matrix product without a module: node_17"):
        convert(graph(tmp_path / "model.onnx", operation="node_17"), tmp_path / "model.safetensors")


def test_convert_refuses_a_graph_that_is_not_quantised(tmp_path: Path) -> None:
    model = helper.make_model(helper.make_graph([], "g", [], [], [tensor("w", np.ones(2, np.float32))]))
    onnx.save(model, str(tmp_path / "model.onnx"))
    with pytest.raises(ModelError, match=r"model\.onnx holds no quantised weights"):
        convert(tmp_path / "model.onnx", tmp_path / "model.safetensors")


def test_a_place_that_cannot_be_written_to_is_a_disk_error(tmp_path: Path) -> None:
    with pytest.raises(DiskError, match="the converted weights"):
        convert(graph(tmp_path / "model.onnx"), tmp_path / "absent" / "model.safetensors")


@pytest.mark.models
def test_the_converted_reranker_gives_the_published_pairs_their_logits() -> None:
    from sentence_transformers import CrossEncoder

    model = resolve("ms-marco-MiniLM-L-12-v2", "reranker", load())
    question = "How many people live in Berlin?"
    passages = [
        "Berlin had a population of 3,520,031 registered inhabitants in an area of 891.82 square kilometers.",
        "Berlin is well known for its museums.",
    ]
    encoder = CrossEncoder(str(model.path), device="cpu", local_files_only=True)
    scores = encoder.predict([(question, passage) for passage in passages], show_progress_bar=False)
    assert scores.tolist() == pytest.approx([9.085, -3.934], abs=0.01)
    assert encoder.predict([(question, passages[1])], show_progress_bar=False)[0] == pytest.approx(scores[1], abs=1e-5)


@pytest.mark.models
def test_the_converted_embedder_ranks_passages_by_their_answer() -> None:
    from sentence_transformers import SentenceTransformer

    spec = find_spec("bge-small-en-v1.5-int8")
    assert spec is not None
    encoder = SentenceTransformer(str(resolve(spec.name, "embedder", load()).path), device="cpu", local_files_only=True)
    question = encoder.encode(spec.query_prompt + "How many people live in Berlin?")
    passages = [
        "Berlin had a population of 3,520,031 registered inhabitants in an area of 891.82 square kilometers.",
        "Berlin is well known for its museums.",
        "A cat sat on the mat.",
    ]
    assert (encoder.encode(passages) @ question).tolist() == pytest.approx([0.798, 0.697, 0.260], abs=0.01)
