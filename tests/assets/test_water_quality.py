"""Water that is too poor for a user is refused when the region is read, by whichever way it could come."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from yuqian.assets.problems import CatalogueError, Code
from yuqian.assets.scenario import load_region
from yuqian.models.reservoir import Reservoir
from yuqian.models.waterworks import Waterworks

WriteRegion = Callable[..., Path]


@pytest.fixture
def water_text(write_region: WriteRegion, tmp_path: Path) -> str:
    """The water of the tiny region: lake -> works -> network -> town, lake -> ditch -> canal head -> factory."""
    write_region(tmp_path)
    return (tmp_path / "tiny" / "water.yaml").read_text(encoding="utf-8")


def with_part(text: str, asset: str, part: str) -> str:
    """The text with one more line in an asset."""
    head = f"  - id: {asset}\n"
    assert head in text
    return text.replace(head, f"{head}    {part}\n")


def refused(write_region: WriteRegion, folder: Path, text: str) -> list[str]:
    with pytest.raises(CatalogueError) as caught:
        load_region(write_region(folder, water=text))
    assert all(problem.code is Code.NOT_ALLOWED for problem in caught.value.problems)
    assert all(problem.line > 0 for problem in caught.value.problems)
    return [f"{problem.where}: {problem.found}; {problem.allowed}" for problem in caught.value.problems]


def test_a_town_takes_no_water_worse_than_class_iii(write_region: WriteRegion, tmp_path: Path, water_text: str) -> None:
    found = refused(write_region, tmp_path, with_part(water_text, "lake", "water_quality: IV"))
    assert found == ["town: water of class IV from 'lake', which reaches it by lake, works, network; class III or better"]


def test_water_of_class_ii_is_good_enough(write_region: WriteRegion, tmp_path: Path, water_text: str) -> None:
    region = load_region(write_region(tmp_path, water=with_part(water_text, "lake", "water_quality: II")))
    assert any(asset.id == "town" for asset in region.assets)


def test_an_arc_may_take_less_than_its_user(write_region: WriteRegion, tmp_path: Path, water_text: str) -> None:
    found = refused(write_region, tmp_path, with_part(water_text, "ditch", "worst_quality: II"))
    assert found == ["ditch: water of class III from 'lake', which reaches it by lake; class II or better"]


def test_used_water_reaches_nobody_who_drinks(write_region: WriteRegion, tmp_path: Path, water_text: str) -> None:
    """The factory's return flow led into the town's network, instead of the river."""
    head, factory = water_text.split("  - id: factory\n")
    found = refused(
        write_region, tmp_path, f"{head}  - id: factory\n{factory.replace('return_to: river', 'return_to: network')}"
    )
    assert found == ["town: water of class used from 'factory', which reaches it by factory, network; class III or better"]


def test_lists_of_dates_levels_and_volumes_are_read(write_region: WriteRegion, tmp_path: Path, water_text: str) -> None:
    text = with_part(water_text, "works", 'quota_start: ["04-01", "10-01"]')
    text = with_part(text, "works", "quota_hm3: {value: [3, 2], source: plan, confidence: plan}")
    text = with_part(text, "lake", 'flood_window_start: ["12-15"]')
    text = with_part(text, "lake", 'flood_window_end: ["02-01"]')
    text = with_part(text, "lake", "flood_window_level_m: {value: [350], source: plan, confidence: plan}")
    text = with_part(text, "lake", "ecological_rule: dry_month")
    region = load_region(write_region(tmp_path, water=text))
    works = next(asset.model for asset in region.assets if asset.id == "works")
    lake = next(asset.model for asset in region.assets if asset.id == "lake")
    assert isinstance(works, Waterworks)
    assert isinstance(lake, Reservoir)
    assert works.quota_hm3 == (3.0, 2.0)
    assert lake.flood_window_level_m == (350.0,)
    assert lake.ecological_rule.value == "dry_month"
