"""How an encoder wants its texts: prompts, pooling and lengths, from the registry or the model's own folder."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from rag_app.errors import ModelError
from rag_app.models.families import family_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from rag_app.models.families import Family
    from rag_app.models.registry import ModelSpec

PAIR = ("question_encoder", "ctx_encoder")
"""The folders of a model that is two: one reads questions, the other passages."""

_SIMILARITIES = ("cosine", "dot")
_POOLING = {
    "cls_token": "cls",
    "max_tokens": "max",
    "mean_tokens": "mean",
    "mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "weightedmean_tokens": "weightedmean",
    "lasttoken": "lasttoken",
}
_LONGEST = 512  # tokens, where a folder does not say; what BERT was trained with
_OFFSET = frozenset({"roberta", "xlm-roberta", "camembert", "mpnet"})  # their first two positions hold no token
_UNLIMITED = 1_000_000  # tokenizers write a huge number for "no limit"


@dataclass(frozen=True, slots=True)
class Conventions:
    """What turns a text into the vector or score that the encoder was trained for."""

    query_prompt: str  # put before a question
    passage_prompt: str
    pooling: str  # mean, cls, or another that sentence-transformers knows
    normalize: bool  # whether vectors have unit length
    dimensions: int  # of a vector; of a reranker's hidden states
    max_tokens: int  # longest text, special tokens included
    similarity: str = "cosine"  # or dot: then longer vectors score higher


def conventions_of(spec: ModelSpec) -> Conventions:
    """Return the conventions of a model of the registry."""
    return Conventions(
        spec.query_prompt,
        spec.passage_prompt,
        spec.pooling,
        spec.normalize,
        spec.dimensions,
        spec.max_tokens,
        spec.similarity,
    )


def is_pair(folder: Path) -> bool:
    """Tell whether `folder` holds two models, one for questions and one for passages."""
    return all((folder / side / "config.json").is_file() for side in PAIR)


def read_conventions(folder: Path, name: str) -> Conventions:
    """Read the conventions of a model from its folder; its family fills in what the folder leaves open.

    Those of a pair are of its passages, with the prompt of its questions.

    Raises:
        ModelError: config.json is absent or cannot be read, or the model cannot be used as it was trained.
    """
    if is_pair(folder):
        questions, passages = (read_half(folder / side, name) for side in PAIR)
        if (questions.dimensions, questions.similarity) != (passages.dimensions, passages.similarity):
            raise ModelError(
                f"The two encoders in {folder} do not belong together: {questions.dimensions} dimensions and "
                f"{questions.similarity} similarity, {passages.dimensions} dimensions and {passages.similarity}.",
                hint=f"Put the two halves of one model into {PAIR[0]} and {PAIR[1]}.",
            )
        return replace(passages, query_prompt=questions.query_prompt)
    return _conventions(folder, name, pair=False)


def read_half(folder: Path, name: str) -> Conventions:
    """Read the conventions of one of the two encoders of the model called `name`; errors as for `read_conventions`."""
    return _conventions(folder, name, pair=True)


def _conventions(folder: Path, name: str, *, pair: bool) -> Conventions:
    config = _json(folder / "config.json")
    modules = _modules(folder)
    if "Router" in modules or "Asym" in modules:
        raise ModelError(
            f"The model {name} keeps its two encoders in one folder of modules, which is not supported.",
            hint=f"Save each as a model of its own, in the folders {PAIR[0]} and {PAIR[1]} of one folder.",
        )
    if not isinstance(config, dict) or not config:
        raise ModelError(
            f"{folder} has no config.json that can be read.", hint="Give the folder of a transformers model."
        )
    family = family_of(folder.name, PurePath(str(config.get("_name_or_path", ""))).name)
    if family.pair and not pair:
        raise ModelError(
            f"The model {name} is one half of a pair.",
            hint=f"Put both into one folder, as {PAIR[0]} and {PAIR[1]}, and name that folder.",
        )
    pooling = _table(folder / modules.get("Pooling", "1_Pooling") / "config.json")
    if pooling.get("include_prompt") is False:
        raise ModelError(
            f"The model {name} leaves its prompt out when it pools, which is not supported.",
            hint="Choose another embedder, such as all-MiniLM-L6-v2.",
        )
    prompts = _table(folder / "config_sentence_transformers.json")
    similarity = _similarity(prompts, family, name)
    query, passage = _prompts(prompts, family)
    return Conventions(
        query_prompt=query,
        passage_prompt=passage,
        pooling=_pooling(pooling, family),
        normalize="Normalize" in modules or similarity == "cosine",
        dimensions=_dimensions(folder, modules, pooling, config),
        max_tokens=_max_tokens(folder, modules, config),
        similarity=similarity,
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


def _similarity(settings: Mapping[str, Any], family: Family, name: str) -> str:
    similarity = settings.get("similarity_fn_name") or family.similarity
    if similarity not in _SIMILARITIES:
        raise ModelError(
            f"The model {name} compares vectors by {similarity}, which is not supported.",
            hint=f"Choose a model that compares them by {' or '.join(_SIMILARITIES)}.",
        )
    return str(similarity)


def _prompts(settings: Mapping[str, Any], family: Family) -> tuple[str, str]:
    prompts = settings.get("prompts")
    if isinstance(prompts, dict) and any(prompts.values()):
        passage = prompts.get("document") or prompts.get("passage") or prompts.get("corpus") or ""
        return str(prompts.get("query") or ""), str(passage)
    return family.query_prompt, family.passage_prompt


def _pooling(pooling: Mapping[str, Any], family: Family) -> str:
    return "+".join(_modes(pooling)) or family.pooling


def _modes(pooling: Mapping[str, Any]) -> list[str]:
    if mode := pooling.get("pooling_mode"):
        return [mode] if isinstance(mode, str) else list(mode)
    return [mode for key, mode in _POOLING.items() if pooling.get(f"pooling_mode_{key}")]


def _dimensions(folder: Path, modules: Mapping[str, str], pooling: Mapping[str, Any], config: Mapping[str, Any]) -> int:
    dense = _table(folder / modules["Dense"] / "config.json") if "Dense" in modules else {}
    if out := dense.get("out_features"):
        return int(out)
    keys = (pooling.get("word_embedding_dimension"), pooling.get("embedding_dimension"), config.get("projection_dim"))
    one = next((value for value in (*keys, config.get("hidden_size"), config.get("dim")) if value), 0)
    return int(one) * max(len(_modes(pooling)), 1)


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
