"""A small region in a temporary folder, to be broken on purpose."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from yuqian.assets.problems import CatalogueError, Code, Problem
from yuqian.assets.region import Region
from yuqian.assets.scenario import load_region

REGION = """\
region:
  id: small
  name: {en: Small, zh: 小区}
  targets:
    power_mw: {value: 100, source: plan, confidence: plan}
    water_hm3_per_year: {value: 10, source: plan, confidence: plan}
    people_persons: {value: 1000, source: plan, confidence: plan}
"""

SOURCES = """\
sources:
  plan: {title: The plan, publisher: The district, date: 2026-01-31}
  guess: {title: Assumption of this catalogue}
"""

POWER = """\
assets:
  - id: main_bus
    kind: bus
    name: {en: Main bus, zh: 母线}
    status: operating
    scope: district
    evidence: {source: plan}
    voltage_kv: {value: 220, source: plan, confidence: plan}
  - id: ridge
    kind: wind_farm
    name: {en: Ridge, zh: 山脊风电场}
    status: committed
    in_service: 2029-06-30
    scope: district
    evidence: {source: [plan, guess], section: box 1}
    bus: main_bus
    power_max_mw: {value: 50, source: plan, confidence: plan}
    hub_height_m: {value: 100, source: guess, confidence: assumed, range: [80, 120]}
    wind_mean_m_per_s: {value: 5.5, source: guess, confidence: assumed, range: [5, 6]}
    weibull_shape: {value: 1.95, source: guess, confidence: norm}
    air_density_kg_per_m3: {value: 1.07, source: guess, confidence: derived}
    power_curve: vestas_v126_3300
    loss_fraction: {value: 0.13, source: guess, confidence: norm}
    latitude_deg: {value: 28.7, source: plan, confidence: public}
    longitude_deg: {value: 106.6, source: plan, confidence: public}
    elevation_m: {value: 1200, source: plan, confidence: public}
    variable_cost_yuan_per_mwh: {value: 5, source: guess, confidence: norm}
"""

WATER = """\
assets:
  - id: river
    kind: river_node
    name: {en: River, zh: 河}
    status: operating
    scope: district
    evidence: {source: plan}
  - id: upper
    kind: river_node
    name: {en: Upper river, zh: 上游}
    status: operating
    scope: district
    evidence: {source: plan}
  - id: lake
    kind: reservoir
    name: {en: Lake, zh: 水库}
    status: building
    in_service: 2028-01-01
    scope: district
    evidence: {source: plan}
    downstream: river
    curve_level_m: {value: [300, 350, 380], source: plan, confidence: public}
    curve_storage_hm3: {value: [0, 60, 200], source: guess, confidence: assumed, range_factor: [0.8, 1.25]}
    curve_area_km2: {value: [0.2, 2, 6], source: guess, confidence: assumed, range: [[0.1, 1.5, 5], [0.3, 2.5, 7]]}
    level_dead_m: {value: 330, source: plan, confidence: public}
    level_flood_limit_m: {value: 366, source: plan, confidence: public}
    level_normal_m: {value: 375, source: plan, confidence: public}
    level_max_m: {value: 378, source: plan, confidence: public}
    flood_season_start: "05-01"
    flood_season_end: "09-01"
    refill_end: "10-11"
    seepage_fraction_per_year: {value: 0.02, source: guess, confidence: norm}
    catchment_km2: {value: 1000, source: plan, confidence: public}
    runoff_depth_mm_per_year: {value: 500, source: plan, confidence: public}
    ecological_dry_fraction: {value: 0.1, source: guess, confidence: norm}
    ecological_wet_fraction: {value: 0.2, source: guess, confidence: norm}
    ecological_shortage_price_yuan_per_m3: {value: 5, source: guess, confidence: norm}
    flood_excess_price_yuan_per_m3_day: {value: 1, source: guess, confidence: norm}
  - id: ditch
    kind: canal
    name: {en: Ditch, zh: 引水渠}
    status: operating
    scope: district
    evidence: {source: plan}
    node_from: upper
    node_to: lake
    flow_max_m3_per_s: {value: 8, source: plan, confidence: plan}
    loss_of_inflow_fraction: {value: 0.1, source: guess, confidence: norm}
    cost_yuan_per_m3: {value: 0.05, source: guess, confidence: norm}
"""

SCENARIO = """\
id: today
name: {en: Today, zh: 现状}
region: small
year: 2025
select:
  rungs: [operating, building, committed]
  in_service_by: 2025-12-31
"""


@dataclass(frozen=True)
class Small:
    """A region folder with a scenario file beside it."""

    root: Path

    @property
    def scenario(self) -> Path:
        return self.root / "today.yaml"

    def change(self, file: str, old: str, new: str) -> int:
        """Replace a text that occurs once; gives the line that it begins in."""
        path = self.root / file
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, (file, old, text.count(old))
        path.write_text(text.replace(old, new), encoding="utf-8")
        return text[: text.index(old)].count("\n") + 1

    def add(self, file: str, text: str) -> None:
        path = self.root / file
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        path.write_text(before + text, encoding="utf-8")

    def load(self, *overrides: str, scenario: Path | None = None) -> Region:
        return load_region(scenario or self.scenario, overrides)

    def problems(self, *overrides: str) -> tuple[Problem, ...]:
        """Everything that is wrong; and nothing was written."""
        before = self._listing()
        with pytest.raises(CatalogueError) as caught:
            self.load(*overrides)
        assert self._listing() == before
        for problem in caught.value.problems:
            assert str(problem) in str(caught.value)
            assert problem.found
            assert problem.allowed
            assert problem.next_step
        return caught.value.problems

    def problem(self, *overrides: str) -> Problem:
        """The one thing that is wrong."""
        problems = self.problems(*overrides)
        assert len(problems) == 1, "\n".join(map(str, problems))
        return problems[0]

    def refused(self, file: str, old: str, new: str, code: Code, where: str) -> Problem:
        """Make one change and expect one problem: in that file, in the line of the change, about ``where``."""
        line = self.change(file, old, new)
        problem = self.problem()
        assert problem.code is code, str(problem)
        assert problem.file.endswith(file)
        assert problem.line == line, str(problem)
        assert problem.where == where
        return problem

    def _listing(self) -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in sorted(self.root.rglob("*")) if path.is_file()}


@pytest.fixture
def small(tmp_path: Path) -> Small:
    folder = tmp_path / "small"
    folder.mkdir()
    for name, text in (("region", REGION), ("sources", SOURCES), ("power", POWER), ("water", WATER)):
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "today.yaml").write_text(SCENARIO, encoding="utf-8")
    return Small(tmp_path)
