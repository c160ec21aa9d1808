"""Settings: defaults, then the configuration file, then the environment, then flags."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from rag_app.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

Engine = Literal["auto", "openvino", "torch"]
ENGINES: tuple[Engine, ...] = ("auto", "openvino", "torch")
Ocr = Literal["auto", "off", "force"]
OCR: tuple[Ocr, ...] = ("auto", "off", "force")
Formulas: TypeAlias = "tuple[tuple[str, str], ...]"  # a name and its formula each


def _data_folder() -> Path:
    from platformdirs import user_data_path

    return user_data_path("rag", appauthor=False)


def cache_folder() -> Path:
    """Return where models and other files that can be fetched or made again lie."""
    from platformdirs import user_cache_path

    return user_cache_path("rag", appauthor=False)


def _config_file() -> Path:
    from platformdirs import user_config_path

    return user_config_path("rag", appauthor=False) / "config.toml"


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be chosen; built once by `load` and passed on."""

    library: Path  # folder of the library
    models: Path  # folder of the models
    offline: bool = False  # never touch the network
    embedder: str = "all-MiniLM-L6-v2"  # registry name, folder, or hub name
    reranker: str = "ms-marco-MiniLM-L-12-v2"
    generator: str = "Qwen2.5-Coder-1.5B-Instruct-Q4_K_M"  # registry name, GGUF file, or hub name
    engine: Engine = "auto"  # what runs the encoders: OpenVINO where it works, else torch
    threads: int = 0  # 0: as many as this process may use
    gpu_layers: int = -1  # layers of the generator on the GPU, where the build has one; -1: all
    context: int = 4096  # tokens the generator can hold
    passage_tokens: int = 256  # longest passage, in the embedder's tokens, title and special tokens included
    overlap_tokens: int = 48  # most that two neighbouring passages share, in whole sentences
    candidates: int = 50  # proposed by the first stage
    adaptive: bool = True  # the cross-encoder stops once the passages to keep are settled; else it reads all candidates
    k: int = 5  # passages kept
    per_document: int = 0  # most of them from one document, while others are nearly as relevant; 0: 4/5 of k
    answer_tokens: int = 320  # longest answer, in the generator's tokens
    ocr: Ocr = "auto"  # pages that are recognised: those without text, none, or all of PDFs
    formulas: Formulas = ()  # of figures that are known by name, beside the program's own

    def __post_init__(self) -> None:
        limits = {
            "threads": (0, 1024),
            "gpu_layers": (-1, 1000),
            "context": (1024, 1_000_000),
            "passage_tokens": (32, 8192),
            "overlap_tokens": (0, 4096),
            "candidates": (1, 1000),
            "k": (1, 100),
            "per_document": (0, 100),
            "answer_tokens": (16, 4096),
        }
        for key, (low, high) in limits.items():
            if not low <= getattr(self, key) <= high:
                raise SettingsError(
                    f"{key} = {getattr(self, key)} is out of range.", hint=f"Give a number from {low} to {high}."
                )
        for key, names in (("engine", ENGINES), ("ocr", OCR)):
            if getattr(self, key) not in names:
                raise SettingsError(
                    f"{key} = {getattr(self, key)!r} is unknown.", hint=f"Choose one of: {', '.join(names)}."
                )


def load(
    config: Path | None = None, environment: Mapping[str, str] | None = None, flags: Mapping[str, Any] | None = None
) -> Settings:
    """Build the settings.

    Args:
        config: a TOML file that must exist; without it the user's own is read where there is one.
        environment: `RAG_<KEY>` for every key, such as `RAG_LIBRARY`; `os.environ` by default.
        flags: key to value; None means not given.

    Raises:
        SettingsError: a file that cannot be read, an unknown key, or a value of the wrong type or out of range.
    """
    environment = os.environ if environment is None else environment
    values: dict[str, Any] = {"library": _data_folder() / "library", "models": cache_folder() / "models"}
    values |= _from_file(config, environment)
    values |= _from_environment(environment)
    values |= _from_flags(flags or {}, "on the command line")
    return Settings(**values)


def changed(settings: Settings, changes: Mapping[str, Any]) -> Settings:
    """Return the settings with single ones replaced; None means not given.

    Raises:
        SettingsError: an unknown key, or a value of the wrong type or out of range.
    """
    return replace(settings, **_from_flags(changes, "in the call"))


def with_library(settings: Settings, folder: Path | str) -> Settings:
    """Return the settings for the library at `folder`."""
    return changed(settings, {"library": folder})


_MEANT = {
    "Path": "a path",
    "bool": "true or false",
    "int": "a whole number",
    "Formulas": "a table of names, each with a formula in quotes",
}


def _kinds() -> dict[str, str]:
    return {field.name: str(field.type) for field in fields(Settings)}


def _from_file(config: Path | None, environment: Mapping[str, str]) -> dict[str, Any]:
    named = config or (Path(environment["RAG_CONFIG"]) if environment.get("RAG_CONFIG") else None)
    path = named or _config_file()
    if named is None and not path.is_file():
        return {}
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(
            f"The configuration {path} cannot be read: {getattr(error, 'strerror', None) or error}.",
            hint="Correct the file, or name another with --config.",
        ) from error
    return {key: _convert(key, value, f"in {path}") for key, value in table.items()}


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    return {
        key: _convert(key, environment[name], f"in ${name}")
        for key in _kinds()
        if environment.get(name := f"RAG_{key.upper()}")
    }


def _from_flags(flags: Mapping[str, Any], where: str) -> dict[str, Any]:
    return {key: _convert(key, value, where) for key, value in flags.items() if value is not None}


def _convert(key: str, value: Any, where: str) -> Any:
    kinds = _kinds()
    if key not in kinds:
        raise SettingsError(f"Unknown setting {key!r} {where}.", hint=f"Known settings: {', '.join(kinds)}.")
    kind = kinds[key]
    try:
        if kind == "Path":
            return Path(value).expanduser().absolute()
        if kind == "bool":
            return value if isinstance(value, bool) else _truth(value)
        if kind == "int":
            if isinstance(value, bool | float):
                raise ValueError
            return int(value)
        if kind == "Formulas":
            return _pairs(value)
    except RuntimeError as error:  # from Path.expanduser
        raise SettingsError(
            f"{key} = {str(value)!r} {where} is in the home folder of an unknown user.", hint="Write the path in full."
        ) from error
    except (TypeError, ValueError) as error:
        raise SettingsError(f"{key} = {value!r} {where} is not {_MEANT[kind]}.", hint="Correct the value.") from error
    if not isinstance(value, str) or not value:
        raise SettingsError(f"{key} = {value!r} {where} is not a name.", hint="Give a name in quotes.")
    return value


def _pairs(value: Any) -> Formulas:
    """Return a table of texts as pairs; what they are worth is told when a library is opened."""
    pairs = tuple(value.items()) if isinstance(value, dict) else value
    if not isinstance(pairs, tuple) or not all(isinstance(text, str) and text for pair in pairs for text in pair):
        raise TypeError
    return pairs


def _truth(value: str) -> bool:
    text = str(value).strip().lower()
    if text in {"1", "true", "yes", "on"}:
        return True
    if text in {"0", "false", "no", "off", ""}:
        return False
    raise ValueError(value)
