"""Windows of a long series, values of water and the rolling horizon, on one dam and one user."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest

from yuqian.models.catchment import Catchment
from yuqian.models.clock import Floats
from yuqian.models.industry import Industry
from yuqian.models.kind import Kind
from yuqian.models.outlet import Outlet
from yuqian.models.reservoir import Reservoir
from yuqian.models.river_node import RiverNode
from yuqian.optimise.assemble import assemble
from yuqian.optimise.compile import compile_model
from yuqian.optimise.end_values import Terminal, ValueFunctions, WaterValueError, end_numbers, stocks_of, value_functions
from yuqian.optimise.long_rolling import LongRolled, LongRollingPlan, roll_long
from yuqian.optimise.seams import Numbers, Seams
from yuqian.optimise.seasonal_windows import SeasonalWindows, openings_of
from yuqian.optimise.solve import solve
from yuqian.timeseries.dekads import dekad_clock

YEARS, SIZE = 4, 60.0
PRICES = (5.0, 20.0)
KEY = "lake.storage_hm3"
CLOCK = dekad_clock(2030, YEARS)


def network() -> tuple[Kind, ...]:
    lake = Reservoir(
        id="lake", downstream="river", curve_level_m=(0.0, SIZE), curve_storage_hm3=(0.0, SIZE),
        curve_area_km2=(0.001, 0.002), level_dead_m=0.0, level_flood_limit_m=SIZE, level_normal_m=SIZE, level_max_m=SIZE,
        flood_season_start="05-01", flood_season_end="09-01", refill_end="10-11", opening_storage_fraction=None,
        seepage_fraction_per_year=0.0, catchment_km2=1.0, runoff_depth_mm_per_year=1.0, ecological_dry_fraction=0.0,
        ecological_wet_fraction=0.0, ecological_shortage_price_yuan_per_m3=0.0, flood_excess_price_yuan_per_m3_day=0.0,
    )  # fmt: skip
    user = Industry(
        id="user", node="lake", user_class="industry", demand_hm3_per_year=1.0, return_fraction=0.0,
        shortage_share_fraction=(0.4, 0.6), shortage_price_yuan_per_m3=PRICES,
    )  # fmt: skip
    land = Catchment(id="land", node="lake", area_km2=1.0, runoff_depth_mm_per_year=1.0)
    sea = Outlet(id="sea", node="river", flow_min_m3_per_s=0.0, shortage_price_yuan_per_m3=0.0)
    return lake, land, RiverNode(id="river"), sea, user


def series(scarce: float) -> dict[tuple[str, str], Floats]:
    """Wet summers, dry winters, years unlike each other; a demand of ``scarce`` times the mean inflow."""
    count = CLOCK.water.count
    season = 1.0 + 0.8 * np.sin(2 * np.pi * (np.arange(count) % 36 - 9) / 36)
    inflow = 5.0 * season * np.repeat(np.random.default_rng(3).uniform(0.5, 1.5, YEARS), 36)
    nothing = np.zeros(count)
    return {
        ("land", "inflow_m3_per_s"): inflow, ("user", "demand_m3_per_s"): np.full(count, scarce * inflow.mean()),
        ("lake", "evaporation_mm_per_day"): nothing, ("lake", "ecological_flow_m3_per_s"): nothing,
    }  # fmt: skip


class Whole:
    """The answer over the whole series."""

    def __init__(self, scarce: float) -> None:
        self.series = series(scarce)
        self.assembly = assemble(network(), self.series, CLOCK)
        program = compile_model(self.assembly.model)
        solution = solve(program)
        assert solution.x is not None
        self.supplied = float(
            np.sum((self.series["user", "demand_m3_per_s"] - self._shed(program, solution.x)) * CLOCK.water.hm3_per_m3_per_s)
        )
        self.openings = openings_of(self.assembly, program, solution.x)
        seams = Seams(self.assembly)
        starts = np.arange(0, CLOCK.water.count, 3)
        self.paths = {
            one.key: seams.values(one, program, solution.x, starts - 1).reshape(YEARS, 12) for one in stocks_of(seams)
        }

    @staticmethod
    def _shed(program: object, x: Floats) -> Floats:
        layout = program.layout.by_column_name  # type: ignore[attr-defined]
        total = np.zeros(CLOCK.water.count)
        for tier in (1, 2):
            family = layout["user", f"shed_{tier}_m3_per_s"]
            total += x[family.start : family.stop]
        return total

    def windows(self, years: int, valued: bool) -> SeasonalWindows:
        return SeasonalWindows(network(), self.series, CLOCK, years, valued)

    def roll(self, plan: LongRollingPlan) -> LongRolled:
        return roll_long(self.windows(1, plan.terminal is not Terminal.NONE), self.openings, ["user"], plan)


@pytest.fixture(scope="module")
def scarce() -> Whole:
    return Whole(1.0)


@pytest.fixture(scope="module")
def values(scarce: Whole) -> ValueFunctions:
    months: list[Numbers] = [{("lake", "opening_below_dead_hm3"): np.zeros(1)}] * 12
    return value_functions(scarce.windows(1, False), scarce.paths, months, range(YEARS), (0.0, 0.5, 1.0))


def test_months_have_programs_of_their_own_steps(scarce: Whole) -> None:
    windows = scarce.windows(1, False)
    assert [month.keep for month in windows.months] == [3] * 12
    assert [month.steps for month in windows.months] == [36] * 12
    february = windows.months[1].assembly.clock.water
    assert february.months[0] == 2
    assert february.hours[:3].tolist() == [240.0, 240.0, 192.0]
    assert windows.start_of(1, 2) == 2 * 36 + 3
    expected = windows.expected(75, 36, 3, {"inflow_m3_per_s": 0.5})
    flow = scarce.series["land", "inflow_m3_per_s"]
    assert expected["land", "inflow_m3_per_s"][:3] == pytest.approx(flow[75:78])
    assert expected["land", "inflow_m3_per_s"][3] == pytest.approx(0.5 * flow.reshape(YEARS, 36)[:, 6].mean())


def test_foresight_is_worth_something_and_ample_water_needs_none(scarce: Whole) -> None:
    target = {KEY: np.median(scarce.paths[KEY], axis=0)}
    rolled = scarce.roll(LongRollingPlan(terminal=Terminal.TARGET, target=target))
    assert rolled.windows == 12 * YEARS
    assert rolled.supplied_hm3.sum() < scarce.supplied - 1e-3
    ample = Whole(0.05)
    enough = ample.roll(LongRollingPlan(terminal=Terminal.TARGET, target={KEY: np.full(12, 1.0)}))
    demand = ample.series["user", "demand_m3_per_s"] * CLOCK.water.hm3_per_m3_per_s
    assert enough.supplied_hm3[0] == pytest.approx(demand, rel=1e-6)


def test_windows_without_a_value_at_the_end_say_so(scarce: Whole, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        scarce.roll(LongRollingPlan())
    assert "empty its dams" in caplog.text


def test_values_never_rise_with_storage_and_lie_between_the_prices(values: ValueFunctions) -> None:
    slope = values.slope_yuan_per_hm3[KEY]
    assert slope.shape == (12, 3)
    assert np.all(np.diff(slope, axis=1) <= 1e-6)
    assert np.all(slope >= 0.0)
    assert np.all(slope <= PRICES[1] * 1e6 * (1 + 1e-6))
    assert slope.max() > 0.5 * PRICES[0] * 1e6
    curve = values.value(KEY, 3, np.linspace(-10.0, SIZE + 10.0, 200))
    assert np.all(np.diff(curve, 2) <= 1e-3)


def test_a_value_is_what_one_more_hm3_saves(scarce: Whole) -> None:
    """The dual of the opening against the difference of two costs, sign and size."""
    month = scarce.windows(1, False).months[2]

    def cost(storage: float) -> float:
        numbers = scarce.windows(1, False).seen(6, 36) | {
            ("lake", "opening_storage_hm3"): np.array([storage]), ("lake", "opening_below_dead_hm3"): np.zeros(1),
        }  # fmt: skip
        return solve(month.program.with_series(numbers)).objective_yuan

    paths = {KEY: np.full((YEARS, 12), 10.0)}
    rest: list[Numbers] = [{("lake", "opening_below_dead_hm3"): np.zeros(1)}] * 12
    found = value_functions(scarce.windows(1, False), paths, rest, [0], (0.0,))
    step = 0.01
    saved = (cost(10.0 - step / 2) - cost(10.0 + step / 2)) / step
    assert saved > 0.0
    assert found.slope_yuan_per_hm3[KEY][2, 0] == pytest.approx(saved, rel=1e-5)


def test_values_guide_windows_and_come_back_from_a_file(scarce: Whole, values: ValueFunctions, tmp_path: Path) -> None:
    values.write(tmp_path / "values.json")
    again = ValueFunctions.read(tmp_path / "values.json")
    assert np.array_equal(again.slope_yuan_per_hm3[KEY], values.slope_yuan_per_hm3[KEY])
    guided = scarce.roll(LongRollingPlan(terminal=Terminal.VALUE, values=again))
    blind = scarce.roll(LongRollingPlan())
    assert guided.supplied_hm3.sum() <= scarce.supplied + 1e-3
    assert guided.supplied_hm3.sum() > 0.8 * blind.supplied_hm3.sum()


def test_what_is_no_value_is_refused(scarce: Whole, values: ValueFunctions, tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text("{}", encoding="utf-8")
    with pytest.raises(WaterValueError, match="no values of water"):
        ValueFunctions.read(tmp_path / "other.json")
    rising = ValueFunctions(values.storage_hm3, {KEY: -values.slope_yuan_per_hm3[KEY] + np.arange(3)})
    rising.write(tmp_path / "rising.json")
    with pytest.raises(WaterValueError, match="slopes that rise"):
        ValueFunctions.read(tmp_path / "rising.json")
    seams = scarce.windows(1, True).months[0].seams
    with pytest.raises(WaterValueError, match=r"lake\.storage_hm3 has no target"):
        end_numbers(seams, 0, Terminal.TARGET, {}, None)
    with pytest.raises(WaterValueError, match="no value function"):
        end_numbers(seams, 0, Terminal.VALUE, {}, None)


def test_years_of_unlike_steps_are_refused() -> None:
    with pytest.raises(ValueError, match="without leap days"):
        SeasonalWindows(network(), series(1.0), dekad_clock(2030, YEARS).of_year(2030))
