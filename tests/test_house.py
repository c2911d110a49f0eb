"""Guards of the house: who may import whom, how long a file may be, and whether the installation knows every file."""

from __future__ import annotations

import ast
import importlib.util
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("models", "assets", "timeseries", "optimise", "reports", "yuqian")
LONGEST_FILE = 400


def python_files(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


def imported_rooms(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names] if node.module else []
        for name in names:
            parts = name.split(".")
            if parts[0] == "yuqian" and len(parts) > 1 and parts[1] in ROOMS:
                yield node.lineno, parts[1]


@pytest.mark.parametrize("room", ROOMS[:-1])
def test_a_room_imports_from_its_left_only(room: str) -> None:
    allowed = set(ROOMS[: ROOMS.index(room) + 1])
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports yuqian.{other}"
        for path in python_files(room)
        for line, other in imported_rooms(path)
        if other not in allowed
    ]
    assert python_files(room)
    assert not wrong, "\n".join(wrong)


def test_every_file_is_installed() -> None:
    """The editable installation links single files, so a new file is unknown until the next installation."""
    unknown = []
    for room in ROOMS:
        for path in python_files(room):
            parts = path.relative_to(ROOT).with_suffix("").parts
            name = ".".join(parts if room == "yuqian" else ("yuqian", *parts))
            if importlib.util.find_spec(name.removesuffix(".__init__")) is None:
                unknown.append(str(path.relative_to(ROOT)))
    assert not unknown, f"run 'make install' again: the installation does not know {', '.join(unknown)}"


def test_no_file_is_too_long() -> None:
    tracked = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    paths = [ROOT / name for name in tracked] or [path for room in ROOMS for path in python_files(room)]
    long = [
        f"{path.relative_to(ROOT)} has {count} lines"
        for path in paths
        if path.exists() and (count := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST_FILE
    ]
    assert not long, "\n".join(long)


def test_no_place_is_named_in_code() -> None:
    """The region is data: no id or Chinese name of a shipped asset stands in the code."""
    catalogue = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "assets").rglob("*.yaml"))
    names = set(re.findall(r"^  - id: (\w+)$", catalogue, flags=re.MULTILINE))
    assert len(names) > 100
    wrong = []
    for room in ROOMS:
        for path in python_files(room):
            strings = [
                node.value
                for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
                if isinstance(node, ast.Constant) and isinstance(node.value, str)
            ]
            wrong += [f"{path.relative_to(ROOT)} names {text}" for text in strings if text in names]
    assert not wrong, "\n".join(wrong)
