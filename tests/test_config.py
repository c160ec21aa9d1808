from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from rag_app import config
from rag_app.config import Settings, changed, load, with_library
from rag_app.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def no_file_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "_config_file", lambda: tmp_path / "none" / "config.toml")


def toml(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "rag.toml"
    path.write_text(text, encoding="utf-8")
    return path


def refusal(**arguments: Any) -> tuple[str, str]:
    with pytest.raises(SettingsError) as caught:
        load(**{"environment": {}, **arguments})
    return caught.value.message, caught.value.hint


def test_defaults_stand_where_nothing_is_given() -> None:
    settings = load(environment={})
    assert (settings.k, settings.candidates, settings.offline, settings.engine) == (5, 50, False, "auto")
    assert settings.library.is_absolute()
    assert settings.library != settings.models


def test_flags_go_before_the_environment_which_goes_before_the_file_which_goes_before_the_defaults(
    tmp_path: Path,
) -> None:
    file = toml(tmp_path, "k = 2\ncandidates = 20\ncontext = 2048")
    settings = load(file, environment={"RAG_K": "3", "RAG_CANDIDATES": "30"}, flags={"k": 4})
    assert (settings.k, settings.candidates, settings.context, settings.answer_tokens) == (4, 30, 2048, 320)


def test_a_flag_that_is_none_was_not_given() -> None:
    assert load(environment={"RAG_K": "3"}, flags={"k": None}).k == 3


def test_an_empty_variable_counts_as_absent() -> None:
    assert load(environment={"RAG_K": "", "RAG_LIBRARY": ""}) == load(environment={})


def test_the_file_can_be_named_in_the_environment(tmp_path: Path) -> None:
    assert load(environment={"RAG_CONFIG": str(toml(tmp_path, "k = 9"))}).k == 9


def test_the_users_own_file_is_read_where_there_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = toml(tmp_path, "k = 8")
    monkeypatch.setattr(config, "_config_file", lambda: own)
    assert load(environment={}).k == 8


def test_the_environment_of_the_process_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_K", "7")
    assert load().k == 7


def test_folders_become_absolute_and_a_tilde_becomes_the_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    settings = load(environment={"RAG_LIBRARY": "~/notes"}, flags={"models": "weights"})
    assert (settings.library, settings.models) == (tmp_path / "notes", tmp_path / "weights")


def test_with_library_changes_only_the_library(tmp_path: Path) -> None:
    before = load(environment={})
    after = with_library(before, tmp_path / "other")
    assert after.library == tmp_path / "other"
    assert with_library(after, before.library) == before


@pytest.mark.parametrize("value", ["1", "true", "YES", " on "])
def test_these_words_turn_a_switch_on(value: str) -> None:
    assert load(environment={"RAG_OFFLINE": value}).offline is True


@pytest.mark.parametrize("value", ["0", "false", "No", "off"])
def test_these_words_turn_a_switch_off(value: str) -> None:
    assert load(environment={"RAG_OFFLINE": value}, flags={}).offline is False


def test_a_word_that_is_neither_yes_nor_no_is_refused() -> None:
    message, _ = refusal(environment={"RAG_OFFLINE": "perhaps"})
    assert message == "offline = 'perhaps' in $RAG_OFFLINE is not true or false."


def test_an_unknown_key_of_the_file_is_refused_by_name(tmp_path: Path) -> None:
    file = toml(tmp_path, "kk = 3")
    message, hint = refusal(config=file)
    assert message == f"Unknown setting 'kk' in {file}."
    assert hint.startswith("Known settings: library, models, offline, embedder,")


def test_an_unknown_flag_is_refused_by_name() -> None:
    assert refusal(flags={"colour": "red"})[0] == "Unknown setting 'colour' on the command line."


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('k = "many"', "k = 'many' in {} is not a whole number."),
        ("k = 2.5", "k = 2.5 in {} is not a whole number."),
        ("k = true", "k = True in {} is not a whole number."),
        ("k = [1]", "k = [1] in {} is not a whole number."),
        ("library = 5", "library = 5 in {} is not a path."),
        ("embedder = 5", "embedder = 5 in {} is not a name."),
        ('embedder = ""', "embedder = '' in {} is not a name."),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_with_its_key_and_place(tmp_path: Path, line: str, message: str) -> None:
    file = toml(tmp_path, line)
    assert refusal(config=file)[0] == message.format(file)


@pytest.mark.parametrize(
    ("key", "low", "high"),
    [
        ("threads", 0, 1024),
        ("gpu_layers", -1, 1000),
        ("context", 1024, 1_000_000),
        ("passage_tokens", 32, 8192),
        ("overlap_tokens", 0, 4096),
        ("candidates", 1, 1000),
        ("k", 1, 100),
        ("answer_tokens", 16, 4096),
    ],
)
def test_numbers_are_taken_up_to_their_limits_and_no_further(key: str, low: int, high: int) -> None:
    fitting = {"passage_tokens": 8192, "overlap_tokens": 0, key: low}
    assert getattr(load(environment={}, flags=fitting), key) == low
    assert getattr(load(environment={}, flags={**fitting, key: high}), key) == high
    for value in (low - 1, high + 1):
        assert refusal(flags={key: value}) == (
            f"{key} = {value} is out of range.",
            f"Give a number from {low} to {high}.",
        )


def test_an_unknown_engine_is_refused_with_those_there_are() -> None:
    assert refusal(flags={"engine": "cuda"}) == (
        "engine = 'cuda' is unknown.",
        "Choose one of: auto, openvino, torch.",
    )


def test_a_named_file_that_is_missing_is_an_error(tmp_path: Path) -> None:
    message, hint = refusal(config=tmp_path / "absent.toml")
    assert message.startswith(f"The configuration {tmp_path / 'absent.toml'} cannot be read: ")
    assert hint == "Correct the file, or name another with --config."


@pytest.mark.parametrize("content", [b"k = ", b"\xff\xfe"])
def test_a_file_that_is_no_toml_is_an_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.toml"
    path.write_bytes(content)
    assert refusal(config=path)[0].startswith(f"The configuration {path} cannot be read: ")


def test_formulas_are_a_table_of_the_file_and_stay_when_other_settings_change(tmp_path: Path) -> None:
    file = toml(tmp_path, 'k = 3\n[formulas]\n"stock share" = "[stock] / [sales]"\nleft = "[pay] - [rent]"')
    settings = load(file, environment={})
    assert settings.formulas == (("stock share", "[stock] / [sales]"), ("left", "[pay] - [rent]"))
    assert changed(settings, {"k": 4}).formulas == settings.formulas
    assert changed(settings, {"formulas": settings.formulas}) == settings
    assert load(environment={}, flags={"formulas": dict(settings.formulas)}).formulas == settings.formulas


@pytest.mark.parametrize("line", ['formulas = "[a] / [b]"', "[formulas]\nleft = 3", '[formulas]\nleft = ""'])
def test_formulas_that_are_no_table_of_texts_are_refused(tmp_path: Path, line: str) -> None:
    message, _ = refusal(config=toml(tmp_path, line))
    assert message.startswith("formulas = ")
    assert message.endswith(" is not a table of names, each with a formula in quotes.")


def test_formulas_have_no_place_in_the_environment() -> None:
    message, _ = refusal(environment={"RAG_FORMULAS": "left"})
    assert message == "formulas = 'left' in $RAG_FORMULAS is not a table of names, each with a formula in quotes."


def test_settings_cannot_be_changed_after_they_are_built() -> None:
    with pytest.raises(AttributeError):
        load(environment={}).k = 3  # type: ignore[misc]


def test_settings_made_by_hand_are_checked_too(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"k = 0 is out of range\."):
        Settings(library=tmp_path, models=tmp_path, k=0)


def test_the_home_of_an_unknown_user_is_a_settings_error(tmp_path: Path) -> None:
    folder = "~nobody-of-this-name/notes"
    message = "library = '~nobody-of-this-name/notes' on the command line is in the home folder of an unknown user."
    assert refusal(flags={"library": folder}) == (message, "Write the path in full.")
    with pytest.raises(SettingsError, match="home folder of an unknown user"):
        with_library(Settings(library=tmp_path, models=tmp_path), folder)


def test_changes_go_before_the_settings_they_are_made_to_and_are_checked_like_flags(tmp_path: Path) -> None:
    settings = Settings(library=tmp_path, models=tmp_path, k=7, candidates=20)
    assert changed(settings, {"k": "3", "candidates": None}) == replace(settings, k=3)
    with pytest.raises(SettingsError, match=r"k = 0 is out of range\."):
        changed(settings, {"k": 0})
    with pytest.raises(SettingsError, match=r"k = 'many' in the call is not a whole number\."):
        changed(settings, {"k": "many"})
    with pytest.raises(SettingsError, match=r"Unknown setting 'colour' in the call\."):
        changed(settings, {"colour": "red"})
