"""What is installed: the wheel holds every file that the program reads, and deploy/ names only what is there."""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("rag_app", "ingest", "prompts")


def test_the_wheel_holds_all_of_the_program_and_nothing_else(tmp_path: Path) -> None:
    builder = pytest.importorskip("hatchling.builders.wheel", reason="hatchling is not installed")
    [built] = builder.WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    with zipfile.ZipFile(built) as wheel:
        packed = {name for name in wheel.namelist() if ".dist-info/" not in name}
        [commands] = [wheel.read(name).decode() for name in wheel.namelist() if name.endswith("entry_points.txt")]
    files = [path for package in PACKAGES for path in (ROOT / package).rglob("*") if path.is_file()]
    assert packed == {path.relative_to(ROOT).as_posix() for path in files if "__pycache__" not in path.parts}
    assert "rag = rag_app.__main__:main" in commands
    assert {f"{package}/py.typed" for package in PACKAGES} <= packed  # type checkers read our types


def test_the_image_is_built_from_files_that_are_there_and_from_all_that_the_wheel_needs() -> None:
    text = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
    copied = [name for line in re.findall(r"^COPY (?!--from)(.+)$", text, re.MULTILINE) for name in line.split()[:-1]]
    assert set(copied) == {"pyproject.toml", "constraints.txt", "README.md", "LICENSE", *PACKAGES}
    assert all((ROOT / name).exists() for name in copied)
    sent = re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(sent) == set(copied)


def test_the_image_takes_the_torch_that_the_makefile_takes() -> None:
    [made] = re.findall(r"^TORCH := (\S+)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert f"torch=={made}\n" in (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_service_is_a_unit_that_systemd_takes(tmp_path: Path) -> None:
    systemd = shutil.which("systemd-analyze")
    if systemd is None:
        pytest.skip("systemd-analyze is not installed")
    program = tmp_path / "rag"
    program.touch(0o755)
    unit = tmp_path / "rag.service"
    text = (ROOT / "deploy" / "rag.service").read_text(encoding="utf-8")
    unit.write_text(text.replace("/opt/rag/bin/rag serve", f"{program} serve"), encoding="utf-8")
    run = subprocess.run([systemd, "verify", unit], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")
