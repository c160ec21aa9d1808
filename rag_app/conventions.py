"""How an encoder wants its texts: prompts, pooling and lengths, from the registry or the model's own folder."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rag_app.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from rag_app.registry import ModelSpec

_E5 = re.compile(r"(^|[^a-z0-9])e5([^a-z0-9]|$)")
_BGE = re.compile(r"(^|[^a-z0-9])bge-(small|base|large)-en([^a-z0-9]|$)")
_BGE_QUERY = "Represent this sentence for searching relevant passages: "
_E5_INSTRUCT = "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery: "
_POOLING = {"cls_token": "cls", "mean_tokens": "mean", "max_tokens": "max", "lasttoken": "lasttoken"}
_LONGEST = 512  # tokens, where a folder does not say; what BERT was trained with
_OFFSET = frozenset({"roberta", "xlm-roberta", "camembert", "mpnet"})  # their first two positions hold no token
_UNLIMITED = 1_000_000  # tokenizers write a huge number for "no limit"


@dataclass(frozen=True, slots=True)
class Conventions:
    """What turns a text into the vector or score that the encoder was trained for."""

    query_prompt: str  # put before a question
    passage_prompt: str
    pooling: str  # mean, cls, or another that sentence-transformers knows
    normalize: bool
    dimensions: int  # of a vector; of a reranker's hidden states
    max_tokens: int  # longest text, special tokens included


def conventions_of(spec: ModelSpec) -> Conventions:
    """Return the conventions of a model of the registry."""
    return Conventions(
        spec.query_prompt, spec.passage_prompt, spec.pooling, spec.normalize, spec.dimensions, spec.max_tokens
    )


def read_conventions(folder: Path, name: str) -> Conventions:
    """Read the conventions of a model from its folder; a known family by `name` fills in what the folder leaves open.

    Raises:
        ModelError: the folder's config.json is absent or cannot be read.
    """
    config = _json(folder / "config.json")
    if not isinstance(config, dict) or not config:
        raise ModelError(
            f"{folder} has no config.json that can be read.", hint="Give the folder of a transformers model."
        )
    modules = _modules(folder)
    pooling = _table(folder / modules.get("Pooling", "1_Pooling") / "config.json")
    query, passage = _prompts(folder, f"{name} {folder.name} {config.get('_name_or_path', '')}".lower())
    return Conventions(
        query_prompt=query,
        passage_prompt=passage,
        pooling=_pooling(pooling, name),
        normalize="Normalize" in modules or not modules,
        dimensions=_dimensions(folder, modules, pooling, config),
        max_tokens=_max_tokens(folder, modules, config),
    )


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _table(path: Path) -> dict[str, Any]:
    value = _json(path)
    return value if isinstance(value, dict) else {}


def _modules(folder: Path) -> dict[str, str]:
    """Return the class name of each module of a sentence-transformers folder, with its path."""
    value = _json(folder / "modules.json")
    entries = [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []
    return {str(entry.get("type")).rsplit(".", 1)[-1]: str(entry.get("path", "")) for entry in entries}


def _prompts(folder: Path, names: str) -> tuple[str, str]:
    prompts = _table(folder / "config_sentence_transformers.json").get("prompts")
    if isinstance(prompts, dict) and any(prompts.values()):
        passage = prompts.get("document") or prompts.get("passage") or ""
        return str(prompts.get("query") or ""), str(passage)
    if _E5.search(names) and "instruct" in names:
        return _E5_INSTRUCT, ""
    if _E5.search(names):
        return "query: ", "passage: "
    return (_BGE_QUERY, "") if _BGE.search(names) else ("", "")


def _pooling(pooling: Mapping[str, Any], name: str) -> str:
    if mode := pooling.get("pooling_mode"):
        return str(mode)
    modes = [mode for key, mode in _POOLING.items() if pooling.get(f"pooling_mode_{key}")]
    return modes[0] if modes else "cls" if _BGE.search(name.lower()) else "mean"


def _dimensions(folder: Path, modules: Mapping[str, str], pooling: Mapping[str, Any], config: Mapping[str, Any]) -> int:
    dense = _table(folder / modules["Dense"] / "config.json") if "Dense" in modules else {}
    keys = (dense.get("out_features"), pooling.get("word_embedding_dimension"), pooling.get("embedding_dimension"))
    return int(next((value for value in (*keys, config.get("hidden_size"), config.get("dim")) if value), 0))


def _max_tokens(folder: Path, modules: Mapping[str, str], config: Mapping[str, Any]) -> int:
    settings = _table(folder / modules.get("Transformer", "") / "sentence_bert_config.json")
    limits = [
        settings.get("max_seq_length"),
        _table(folder / "tokenizer_config.json").get("model_max_length"),
        _positions(config),
    ]
    given = [int(limit) for limit in limits if isinstance(limit, int | float) and 0 < limit < _UNLIMITED]
    return min(given, default=_LONGEST)


def _positions(config: Mapping[str, Any]) -> int | None:
    positions = config.get("max_position_embeddings")
    if not isinstance(positions, int):
        return None
    return positions - 2 if config.get("model_type") in _OFFSET else positions
