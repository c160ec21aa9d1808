"""What keeps a version from being released, and which versions are written down."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]


def load(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(f"ci_{name}", ROOT / ".ci" / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where dataclasses look for it
    spec.loader.exec_module(module)
    return module


release = load("release")
constraints = load("constraints")
CHANGELOG = "# Changelog\n\n## [Unreleased]\n\n## [1.2.0] - 2026-01-31\n\n- New.\n\n## [1.1.0] - 2025-12-01\n"
READY = release.State("1.2.0", CHANGELOG, "v1.2.0", {"Repository": "https://forge.test/rag-app"})


def test_a_version_that_program_changelog_and_tag_name_alike_can_be_released() -> None:
    assert release.problems(READY) == []


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"tag": ""}, "The tag is missing; for version 1.2.0 it is v1.2.0."),
        ({"tag": "1.2.0"}, "The tag is 1.2.0; for version 1.2.0 it is v1.2.0."),
        ({"tag": "v1.1.0"}, "The tag is v1.1.0; for version 1.2.0 it is v1.2.0."),
        (
            {"changelog": CHANGELOG.replace("## [1.2.0] - 2026-01-31\n\n- New.\n\n", "")},
            "CHANGELOG.md: the newest version is 1.1.0; the program says 1.2.0.",
        ),
        ({"changelog": "## [Unreleased]\n"}, "CHANGELOG.md: the newest version is none; the program says 1.2.0."),
        (
            {"changelog": CHANGELOG.replace(" - 2026-01-31", "")},
            "CHANGELOG.md: write the day of 1.2.0 as ## [1.2.0] - 2026-01-31.",
        ),
        (
            {"changelog": CHANGELOG.replace("2026-01-31", "2026-02-30")},
            "CHANGELOG.md: write the day of 1.2.0 as ## [1.2.0] - 2026-01-31.",
        ),
        (
            {"changelog": CHANGELOG.replace("[Unreleased]\n", "[Unreleased]\n\n- More.\n")},
            "CHANGELOG.md: [Unreleased] is not empty: its lines belong under the version.",
        ),
        (
            {"changelog": CHANGELOG.replace("## [Unreleased]\n\n", "")},
            "CHANGELOG.md: the first section is not [Unreleased].",
        ),
        ({"urls": {}}, "pyproject.toml: [project.urls] does not say yet where the project lives."),
        (
            {"urls": {"Repository": "https://example.org/rag-app"}},
            "pyproject.toml: [project.urls] does not say yet where the project lives.",
        ),
        ({"changed": ("a.py", "b.py")}, "Not committed: a.py, b.py."),
    ],
)
def test_what_does_not_agree_is_named(changes: dict[str, Any], problem: str) -> None:
    assert release.problems(replace(READY, **changes)) == [problem]


def test_a_version_that_is_no_number_cannot_be_released() -> None:
    odd = replace(READY, version="1.2", tag="v1.2", changelog=CHANGELOG.replace("[1.2.0]", "[1.2]"))
    assert release.problems(odd) == ["rag_app/__init__.py: 1.2 is not a number such as 0.1.0."]


@pytest.mark.slow
def test_the_state_is_read_from_the_files_and_from_git(tmp_path: Path) -> None:
    (tmp_path / "rag_app").mkdir()
    (tmp_path / "rag_app" / "__init__.py").write_text('"""Words."""\n\n__version__ = "1.2.0"\n')
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "x"\n[project.urls]\nRepository = "https://forge.test/"\n'
    )
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG)
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "One"], ["tag", "v1.2.0"]):
        subprocess.run([*git, *words], check=True)
    state = release.state_of(tmp_path, "")
    assert state == replace(READY, urls={"Repository": "https://forge.test/"})
    assert release.problems(state) == []
    (tmp_path / "new.py").touch()
    assert release.state_of(tmp_path, "v2.0.0") == replace(state, tag="v2.0.0", changed=("new.py",))


def test_the_changelog_of_this_project_is_one_that_can_be_checked() -> None:
    state = replace(READY, version="0.1.0", changelog=(ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
    assert "CHANGELOG.md: the first section is not [Unreleased]." not in release.problems(state)


def pinned() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pairs = [line.split("==") for line in lines if not line.startswith("#")]
    assert all(len(pair) == 2 for pair in pairs)
    return dict(pairs)


def test_every_package_that_is_required_has_one_version_within_its_range() -> None:
    pins = pinned()
    wanted = constraints.wanted(ROOT / "pyproject.toml")
    assert [str(one) for one in wanted if constraints.plain(one.name) not in pins] == []
    assert [str(one) for one in wanted if pins[constraints.plain(one.name)] not in one.specifier] == []


@pytest.mark.parametrize("name", ["faiss-cpu", "llama-cpp-python"])
def test_libraries_whose_interface_changes_between_versions_have_an_upper_bound(name: str) -> None:
    [wanted] = [one for one in constraints.wanted(ROOT / "pyproject.toml") if one.name == name]
    assert [one.operator for one in wanted.specifier if one.operator.startswith("<")] == ["<"]


@pytest.mark.parametrize(("variable", "name"), [("TORCH", "torch"), ("LLAMA", "llama-cpp-python")])
def test_what_make_installs_first_is_what_is_written_down(variable: str, name: str) -> None:
    [made] = re.findall(rf"^{variable} := (\S+)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert pinned()[name] == made


def test_versions_are_written_for_all_that_is_required_down_to_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    installed = {
        "torch": ("2.13.0+cpu", ["filelock", "nvidia-thing; sys_platform == 'nowhere'"]),
        "filelock": ("3.0", []),
        "uvicorn": ("0.40", ["h11", "Httptools[fast]; extra == 'standard'"]),
        "h11": ("0.16", ["uvicorn"]),
        "httptools": ("0.7", ["absent-here", "Fast_Loop; extra == 'fast'"]),
        "fast-loop": ("1.0.post1", []),
    }

    class Installed:
        def __init__(self, name: str) -> None:
            if name not in installed:
                raise constraints.PackageNotFoundError(name)
            self.version, self.requires = installed[name]

    monkeypatch.setattr(constraints, "distribution", Installed)
    found = constraints.pins([Requirement("torch>=2"), Requirement("uvicorn[standard]")])
    assert constraints.text_of(found) == constraints.HEAD + (
        "fast-loop==1.0.post1\nfilelock==3.0\nh11==0.16\nhttptools==0.7\ntorch==2.13.0\nuvicorn==0.40\n"
    )
    with pytest.raises(constraints.PackageNotFoundError):
        constraints.pins([Requirement("absent-here")])


def test_make_and_the_image_install_with_the_versions_that_are_written_down() -> None:
    makefile, image = ((ROOT / name).read_text(encoding="utf-8") for name in ("Makefile", "deploy/Dockerfile"))
    assert "install --quiet --constraint constraints.txt --editable '.[dev]'" in makefile
    assert "--constraint constraints.txt '.[server,ocr]'" in image


def test_the_checks_before_a_commit_are_those_of_make_check_and_fetch_nothing() -> None:
    yaml = pytest.importorskip("yaml")
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    [repository] = hooks["repos"]
    assert repository["repo"] == "local"
    assert {hook["language"] for hook in repository["hooks"]} == {"system"}
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for hook in repository["hooks"]:
        program = hook["entry"].removesuffix(" --force-exclude").replace(".venv/bin/", "$(BIN)/")
        assert f"\t{program}" in makefile


def test_all_extras_but_those_for_developing_are_tested_with_everything_that_they_need() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert [text for name in ("ocr", "mcp", "server") for text in extras[name] if text not in extras["dev"]] == []
