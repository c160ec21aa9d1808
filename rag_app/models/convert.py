"""Quantised BERT graphs made into ordinary safetensors weights: dequantised once, the same bytes on every machine."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from rag_app.errors import ModelError, disk_errors

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np
    import onnx
    from numpy.typing import NDArray

# /encoder/layer.0/output/dense/MatMul_quant and /classifier/Gemm_MatMul_quant: the module's path, then the operation
_OPERATION = re.compile(r"^/(?P<module>.+)/(?:Gemm_)?MatMul_quant$")
_QUANTISED = "_quantized"
_SCALE = "_scale"
_ZERO_POINT = "_zero_point"


def convert(source: Path, target: Path, zeros: Mapping[str, tuple[int, ...]] | None = None) -> None:
    """Write the weights of the int8 ONNX graph `source` to `target` as float32 safetensors.

    Args:
        source: the graph, its SHA-256 checked by the caller.
        target: overwritten.
        zeros: name to shape of weights that the architecture has and the export left out, because nothing uses them.

    Raises:
        ModelError: the graph is not a quantised BERT, or a weight of it would be lost.
        DiskError: `target` could not be written.
    """
    import numpy as np
    import onnx

    graph = onnx.load(str(source), load_external_data=False).graph
    weights = dequantised(graph, source.name)
    weights |= {name: np.zeros(shape, np.float32) for name, shape in (zeros or {}).items()}
    data = safetensors_bytes(weights)
    with disk_errors(f"the converted weights {target}"):
        target.write_bytes(data)


def dequantised(graph: onnx.GraphProto, name: str) -> dict[str, NDArray[np.float32]]:
    """Return the float32 weights of a quantised graph under the names its modules had before the export.

    Args:
        graph: every quantised tensor comes with a scale and a zero point, one for all or one a column:
            weight = (q - zero_point) * scale.
        name: of the file, for the message.

    Raises:
        ModelError: no quantised tensor, a `MatMulInteger` without a module's path, or a tensor that no module uses.
    """
    import numpy as np
    from onnx.numpy_helper import to_array

    tensors = {tensor.name: np.asarray(to_array(tensor)) for tensor in graph.initializer}
    modules = _modules(graph, name)
    quantised = [tensor.removesuffix(_QUANTISED) for tensor in tensors if tensor.endswith(_QUANTISED)]
    if not quantised:
        raise ModelError(f"{name} holds no quantised weights.", hint="Name a model that is converted already.")
    weights: dict[str, NDArray[np.float32]] = {}
    for tensor in quantised:
        # int32 first: the difference of two int8 values does not fit in int8
        whole = tensors.pop(tensor + _QUANTISED).astype(np.int32) - tensors.pop(tensor + _ZERO_POINT).astype(np.int32)
        weight = whole.astype(np.float32) * tensors.pop(tensor + _SCALE)
        if tensor in modules:  # a matrix product keeps its weight transposed
            weights[modules[tensor]] = np.ascontiguousarray(weight.T)
        elif tensor.endswith("embeddings.weight"):
            weights[tensor] = weight
        else:
            raise ModelError(f"No module of {name} uses the tensor {tensor}.", hint="Report this as a bug.")
    weights |= {tensor: value for tensor, value in tensors.items() if value.dtype == np.float32 and value.ndim}
    return weights


def _modules(graph: onnx.GraphProto, name: str) -> dict[str, str]:
    modules: dict[str, str] = {}
    for node in graph.node:
        if node.op_type != "MatMulInteger":
            continue
        match = _OPERATION.match(node.name)
        if match is None:
            raise ModelError(
                f"{name} has a matrix product without a module: {node.name}.", hint="Report this as a bug."
            )
        modules[node.input[1].removesuffix(_QUANTISED)] = match["module"].replace("/", ".") + ".weight"
    return modules


def safetensors_bytes(weights: Mapping[str, NDArray[np.float32]]) -> bytes:
    """Return a safetensors file of float32 tensors, sorted by name.

    Written here rather than by the library, because the hash of the file is recorded in the registry and must not
    depend on how a later version of the library orders or aligns.
    """
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    parts: list[bytes] = []
    end = 0
    for name in sorted(weights):
        parts.append(weights[name].astype("<f4").tobytes())
        header[name] = {
            "dtype": "F32",
            "shape": list(weights[name].shape),
            "data_offsets": [end, end := end + len(parts[-1])],
        }
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + b"".join(parts)
