"""A transformer that reads token sequences: OpenVINO on the weights that sentence-transformers loads, or torch itself.

Each sequence is run alone, padded only to a multiple of `_GRAIN` tokens, on as many parallel streams as there are
threads. That is as fast as batching (measured: 75 against 78 texts a second on two cores) and makes a text's output
independent of its neighbours by construction, also in bfloat16.

Any number of threads may use one encoder. Each run has it to itself, in its turn: the streams and the callback belong
to one run at a time, and a run has all streams.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import logging
import os
import shutil
import threading
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, Protocol

from rag_app.errors import ModelError, disk_errors
from rag_app.models.provenance import contents
from rag_app.models.threads import available_threads, let_waiting_threads_sleep
from rag_app.models.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from tokenizers import Encoding, Tokenizer

    from rag_app.config import Settings
    from rag_app.models.catalogue import InstalledModel
    from rag_app.types import Vectors

    Progress = Callable[[int], None]  # called with the number of sequences done since the last call

Kind = Literal["embedder", "reranker"]

_GRAIN = 16  # few distinct shapes keep OpenVINO's kernel cache small
_TORCH_BATCH = 16
_LOCAL: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
_LAYOUT = 2  # of the converted folder; a change converts anew
_LOADING = threading.RLock()  # one model is loaded or converted at a time


def _openvino() -> Any:
    """Import OpenVINO without its usage statistics, which it would send over the network."""
    import sys

    let_waiting_threads_sleep()
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # None: its own stub is used
    import openvino

    return openvino


class Encoder(Protocol):
    """Runs token sequences through a transformer; threads may share one."""

    tokenizer: Tokenizer  # nobody changes its limit or padding after it is loaded: its state is everybody's
    precision: str  # "bf16" or "f32"

    def run(self, sequences: Sequence[Encoding], progress: Progress | None = None) -> Vectors:
        """Return (len(sequences), d) float32: embeddings (unit length not promised) or logits."""
        ...


def open_encoder(
    model: InstalledModel, kind: Kind, max_tokens: int, settings: Settings, pooling: str = "mean"
) -> Encoder:
    """Load `model`; takes about a second, and some ten the first time, when it is converted.

    Args:
        model: its folder.
        kind: what it is used as.
        max_tokens: what is read of a text, or of a pair.
        settings: say which engine, and where converted models are kept.
        pooling: of an embedder whose folder says nothing about it.

    Raises:
        ModelError: the folder does not hold a model of this kind, or `engine = "openvino"` cannot run it.
    """
    if settings.engine == "torch":
        return TorchEncoder(model.path, kind, max_tokens, available_threads(settings), pooling)
    try:
        folder = _converted(model, kind, settings, pooling)
        return OpenVinoEncoder(folder, max_tokens, available_threads(settings))
    except ImportError as error:
        if settings.engine == "openvino":
            raise ModelError(
                f"OpenVINO cannot be loaded here: {error}.", hint='Set engine = "auto" to use torch instead.'
            ) from error
        return TorchEncoder(model.path, kind, max_tokens, available_threads(settings), pooling)


class OpenVinoEncoder:
    """The fast engine: bfloat16 where the processor has it."""

    def __init__(self, folder: Path, max_tokens: int, threads: int) -> None:
        openvino = _openvino()
        core = openvino.Core()
        self.precision = "bf16" if "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES") else "f32"
        self.tokenizer = _tokenizer(folder / "tokenizer.json", max_tokens)
        self._model = core.compile_model(
            str(folder / "model.xml"),
            "CPU",
            {"INFERENCE_PRECISION_HINT": self.precision, "NUM_STREAMS": threads, "INFERENCE_NUM_THREADS": threads},
        )
        self._inputs = [port.any_name for port in self._model.inputs]
        self._max_tokens = max_tokens
        self._queue = openvino.AsyncInferQueue(self._model, threads)
        self._turns = Turns()

    def run(self, sequences: Sequence[Encoding], progress: Progress | None = None) -> Vectors:
        """Return (len(sequences), d) float32, each row computed alone."""
        import numpy as np

        rows: list[Any] = [None] * len(sequences)

        def keep(request: Any, row: int) -> None:
            rows[row] = request.get_output_tensor(0).data[0].astype(np.float32)
            if progress:
                progress(1)

        with self._turns.turn():
            self._queue.set_callback(keep)
            try:
                # Longest first: the streams then end together.
                for row in sorted(range(len(sequences)), key=lambda row: -len(sequences[row].ids)):
                    arrays = _arrays([sequences[row]], _GRAIN, self._max_tokens)
                    self._queue.start_async({name: arrays[name] for name in self._inputs}, row)
            finally:  # also after Ctrl-C: a queue still at work refuses the next call, and aborts the end of Python
                self._queue.wait_all()
        return np.stack(rows) if rows else np.zeros((0, 0), np.float32)


class TorchEncoder:
    """The reference engine, float32."""

    precision = "f32"

    def __init__(self, folder: Path, kind: Kind, max_tokens: int, threads: int, pooling: str = "mean") -> None:
        import torch

        torch.set_num_threads(threads)
        self._module, tokenizer = _torch_module(folder, kind, pooling)
        self.tokenizer = tokenizer
        _limit(self.tokenizer, max_tokens)
        self._turns = Turns()

    def run(self, sequences: Sequence[Encoding], progress: Progress | None = None) -> Vectors:
        """Return (len(sequences), d) float32."""
        import numpy as np
        import torch

        order = sorted(range(len(sequences)), key=lambda row: -len(sequences[row].ids))
        rows: list[Any] = [None] * len(sequences)
        with self._turns.turn(), torch.inference_mode():
            for first in range(0, len(order), _TORCH_BATCH):
                batch = order[first : first + _TORCH_BATCH]
                arrays = _arrays([sequences[row] for row in batch], 1, 0)
                output = self._module(**{name: torch.from_numpy(array) for name, array in arrays.items()})
                for row, values in zip(batch, output.float().numpy(), strict=True):
                    rows[row] = values
                if progress:
                    progress(len(batch))
        return np.stack(rows) if rows else np.zeros((0, 0), np.float32)


def _arrays(sequences: Sequence[Encoding], grain: int, most: int) -> dict[str, Any]:
    import numpy as np

    longest = max(len(sequence.ids) for sequence in sequences)
    width = max(min(-(-longest // grain) * grain, most), longest)  # a model has no positions beyond its limit
    arrays = {
        name: np.zeros((len(sequences), width), np.int64) for name in ("input_ids", "attention_mask", "token_type_ids")
    }
    for row, sequence in enumerate(sequences):
        n = len(sequence.ids)
        arrays["input_ids"][row, :n] = sequence.ids
        arrays["attention_mask"][row, :n] = 1
        arrays["token_type_ids"][row, :n] = sequence.type_ids
    return arrays


def _tokenizer(path: Path, max_tokens: int) -> Tokenizer:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(path))
    _limit(tokenizer, max_tokens)
    return tokenizer


def _limit(tokenizer: Tokenizer, max_tokens: int) -> None:
    tokenizer.no_padding()
    # A pair keeps its question whole: only the passage, the longer of the two, is cut.
    tokenizer.enable_truncation(max_tokens, strategy="longest_first")


def _converted(model: InstalledModel, kind: Kind, settings: Settings, pooling: str = "mean") -> Path:
    """Return the folder with the OpenVINO form of `model`, converting it the first time."""
    openvino = _openvino()
    version = openvino.__version__.split("-")[0]
    name = f"{model.fingerprint[:16]}-{kind}-{version}-{_LAYOUT}-{_configuration(model.path, pooling)}"
    folder = settings.models / ".openvino" / name
    with _LOADING:  # whoever else wants this one waits for it, and does not convert it again
        if not _intact(folder):
            with disk_errors(f"the converted model in {folder}"):
                _convert(model.path, kind, folder, pooling)
    return folder


def _configuration(folder: Path, pooling: str) -> str:
    """Return a hash of all that turns the weights into another network, or texts into other tokens."""
    files = [file for file in contents(folder) if file.endswith(".json")]
    lines = [pooling, *(f"{_sha256(folder / file)}  {file}" for file in files)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:8]


def _intact(folder: Path) -> bool:
    try:
        receipt = json.loads((folder / "receipt.json").read_text())
        return all(_sha256(folder / file) == value for file, value in receipt.items())
    except (OSError, ValueError, AttributeError):
        return False


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _convert(source: Path, kind: Kind, folder: Path, pooling: str) -> None:
    import torch

    openvino = _openvino()

    module, tokenizer = _torch_module(source, kind, pooling)
    temporary = folder.with_name(f"{folder.name}.{os.getpid()}.part")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    try:
        example = {
            name: torch.ones((2, 16), dtype=torch.int64) for name in ("input_ids", "attention_mask", "token_type_ids")
        }
        with _quiet(), torch.inference_mode():
            converted = openvino.convert_model(module, example_input=example)
        openvino.save_model(converted, str(temporary / "model.xml"), compress_to_fp16=False)
        tokenizer.save(str(temporary / "tokenizer.json"))
        receipt = {name: _sha256(temporary / name) for name in ("model.xml", "model.bin", "tokenizer.json")}
        (temporary / "receipt.json").write_text(json.dumps(receipt))
        shutil.rmtree(folder, ignore_errors=True)
        temporary.rename(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _torch_module(folder: Path, kind: Kind, pooling: str) -> tuple[Any, Tokenizer]:
    """Load a sentence-transformers model as a torch module from token arrays to its output."""
    with _quiet():
        import torch

        class Embeddings(torch.nn.Module):
            def __init__(self, model: Any) -> None:
                super().__init__()
                self.model = model

            def forward(self, input_ids: Any, attention_mask: Any, token_type_ids: Any) -> Any:
                features = {"input_ids": input_ids, "attention_mask": attention_mask, "token_type_ids": token_type_ids}
                return self.model(features)["sentence_embedding"]

        class Output(torch.nn.Module):
            def __init__(self, model: Any, tokenizer: Any, field: str) -> None:
                super().__init__()
                self.model = model
                self.field = field
                name, known = "token_type_ids", inspect.signature(model.forward).parameters
                self.types = name in known and name in tokenizer.model_input_names

            def forward(self, input_ids: Any, attention_mask: Any, token_type_ids: Any) -> Any:
                types = {"token_type_ids": token_type_ids} if self.types else {}
                return getattr(self.model(input_ids=input_ids, attention_mask=attention_mask, **types), self.field)

        try:
            module: Any
            if kind == "reranker":
                model, tokenizer = _cross_encoder(folder)
                module = Output(model, tokenizer, "logits")  # whatever activation the folder names for its scores
            elif _configured(folder).get("model_type") == "dpr":
                model, tokenizer = _dpr(folder)
                module = Output(model, tokenizer, "pooler_output")
            else:
                model, tokenizer = _sentence_transformer(folder, pooling)
                module = Embeddings(model)
            backend = tokenizer.backend_tokenizer
        except (OSError, ValueError, AttributeError, KeyError) as error:
            raise ModelError(
                f"{folder} cannot be loaded as {'a bi-encoder' if kind == 'embedder' else 'a cross-encoder'}: {error}.",
                hint="Name a sentence-transformers folder with safetensors weights, or run `rag models`.",
            ) from error
    return module.eval(), backend


def _cross_encoder(folder: Path) -> tuple[Any, Any]:
    from sentence_transformers import CrossEncoder

    model = CrossEncoder(str(folder), device="cpu", **_LOCAL)
    return model.model, model.tokenizer


def _sentence_transformer(folder: Path, pooling: str) -> tuple[Any, Any]:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(folder), device="cpu", **_LOCAL)
    if not (folder / "modules.json").exists():  # then the mean is taken, whatever the model was trained for
        default = model[1]
        dimension = getattr(default, "embedding_dimension", None) or default.word_embedding_dimension  # by version
        model[1] = type(default)(dimension, pooling)
    return model, model.tokenizer


def _dpr(folder: Path) -> tuple[Any, Any]:
    """Load one half of DPR in the form of its publisher; sentence-transformers takes both for question encoders."""
    from transformers import AutoTokenizer, DPRContextEncoder, DPRQuestionEncoder

    asks = "question" in str(_configured(folder).get("architectures")).lower()
    model = (DPRQuestionEncoder if asks else DPRContextEncoder).from_pretrained(str(folder), **_LOCAL)
    return model, AutoTokenizer.from_pretrained(str(folder), **_LOCAL)


def _configured(folder: Path) -> dict[str, Any]:
    try:
        value = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except ValueError:
        value = None
    return value if isinstance(value, dict) else {}


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence the loaders' progress bars and tracer notes, which say nothing a user can act on."""
    from transformers.utils import logging as transformers_logging

    with _LOADING:  # these switches are those of the whole process
        transformers_logging.disable_progress_bar()
        level = transformers_logging.get_verbosity()
        transformers_logging.set_verbosity_error()
        logging.disable(logging.WARNING)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                yield
        finally:
            logging.disable(logging.NOTSET)
            transformers_logging.set_verbosity(level)
