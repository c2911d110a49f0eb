"""Writes a scenario file from plain data, and reads it back before it may stand."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from yuqian.assets.scenario import load_region


def write_scenario(path: Path, data: Mapping[str, Any], comment: str) -> None:
    """Write a scenario; the file is only left standing if it resolves.

    Args:
        path: of the scenario; its folder is made.
        data: what a scenario file holds, in the order that it is to be written in.
        comment: first line of the file.

    Raises:
        CatalogueError: with what is wrong with it; nothing is left behind then.
    """
    yaml = YAML()
    yaml.default_flow_style = None
    yaml.width = 120
    text = io.StringIO()
    yaml.dump(dict(data), text)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.stem}.part.yaml")
    part.write_text(f"# {comment}\n{text.getvalue()}", encoding="utf-8")
    try:
        load_region(part)
    except ValueError:
        part.unlink()
        raise
    part.replace(path)
