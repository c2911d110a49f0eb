"""Finds regions and scenarios: those that come with the package, and folders and files of the user."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

from yuqian.assets.problems import Code, Mark, Problems, listed, rename_hint

REGION_FILE: Final = "region.yaml"
SOURCES_FILE: Final = "sources.yaml"
ENDING: Final = ".yaml"


@dataclass(frozen=True)
class File:
    """A file to be read.

    Attributes:
        label: what messages and provenance call it: a path as the user gave it, or one inside the package.
        path: where it is.
    """

    label: str
    path: Traversable

    @property
    def name(self) -> str:
        return self.path.name

    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")


@dataclass(frozen=True)
class Folder:
    """A folder of YAML files."""

    label: str
    path: Traversable

    def files(self) -> tuple[File, ...]:
        """Its YAML files, sorted by name."""
        found = [item for item in self.path.iterdir() if item.name.endswith(ENDING) and item.is_file()]
        return tuple(File(f"{self.label}/{item.name}", item) for item in sorted(found, key=lambda item: item.name))

    def file(self, name: str) -> File:
        return File(f"{self.label}/{name}", self.path.joinpath(name))


def region_names() -> tuple[str, ...]:
    """Regions that come with the package."""
    found = [item for item in files("yuqian.assets").iterdir() if item.is_dir()]
    return tuple(sorted(item.name for item in found if item.joinpath(REGION_FILE).is_file()))


def scenario_names() -> tuple[str, ...]:
    """Scenarios that come with the package."""
    folder = files("yuqian.scenarios")
    if not folder.is_dir():
        return ()
    return tuple(sorted(item.name.removesuffix(ENDING) for item in folder.iterdir() if item.name.endswith(ENDING)))


def find_region(region: str | Path, beside: Path | None, problems: Problems, mark: Mark) -> Folder | None:
    """The folder of a region: beside the scenario, one of the package, or a path.

    A name that the package knows is never taken from the folder that somebody happens to stand in.

    Args:
        beside: folder of the scenario that names the region, if that is the user's own.
        mark: where the region is named.
    """
    if beside is not None and (beside / region / REGION_FILE).is_file():
        return Folder((beside / region).as_posix(), beside / region)
    if isinstance(region, str) and region in region_names():
        return Folder(f"assets/{region}", files("yuqian.assets").joinpath(region))
    if (Path(region) / REGION_FILE).is_file():
        return Folder(Path(region).as_posix(), Path(region))
    problems.add(
        mark, "region", Code.NOT_FOUND,
        found=f"the region '{region}', which is not there",
        allowed=f"{listed(region_names())}, or a folder that holds {REGION_FILE}",
        next_step=rename_hint(str(region), region_names(), f"give the folder that holds {REGION_FILE}"),
    )  # fmt: skip
    return None


def find_scenario(scenario: str | Path, beside: Path | None, problems: Problems, mark: Mark) -> tuple[File, Path | None] | None:
    """A scenario's file: a path to a YAML file, a file beside another, or one of the package by name.

    Returns:
        The file, and the folder that it lies in if it is the user's own.
    """
    text = str(scenario)
    own = [Path(text)] if text.endswith((ENDING, ".yml")) or isinstance(scenario, Path) else []
    if beside is not None:
        own += [beside / text, beside / f"{text}{ENDING}"]
    for path in own:
        if path.is_file():
            return File(path.as_posix(), path), path.parent
    if text in scenario_names():
        return File(f"scenarios/{text}{ENDING}", files("yuqian.scenarios").joinpath(f"{text}{ENDING}")), None
    if own and beside is None:
        step = f"give the path of a file that is there (looked in {Path.cwd().name}/)"
    else:
        step = rename_hint(text, scenario_names(), "write one of these, or the path of a scenario file")
    problems.add(
        mark, "scenario", Code.UNKNOWN_SCENARIO,
        found=f"the scenario '{text}', which is not there", allowed=f"{listed(scenario_names())}, or a path that ends in .yaml",
        next_step=step,
    )  # fmt: skip
    return None
