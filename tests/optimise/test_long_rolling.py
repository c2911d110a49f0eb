"""Months of a long series, values of water and the rolling horizon, on one dam and one user."""

from __future__ import annotations

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
from yuqian.optimise.end_values import ValueFunctions, WaterValueError, with_values
from yuqian.optimise.long_rolling import roll_long
from yuqian.optimise.seasonal_windows import SeasonalWindows
from yuqian.optimise.solve import Outcome, solve
from yuqian.optimise.stage import Stage
from yuqian.optimise.state import Ends, as_openings
from yuqian.optimise.water_values import LearningPlan, learn
from yuqian.timeseries.dekads import dekad_clock

YEARS, SIZE = 4, 60.0
PRICES = (5.0, 20.0)
KEY = "lake.storage_hm3"
CLOCK = dekad_clock(2030, YEARS)
YUAN_PER_M3 = 1e6
FULL = np.array([0.5 * SIZE, 0.0])
"""Half full, nothing below the dead level."""


def reservoir(name: str, downstream: str) -> Reservoir:
    return Reservoir(
        id=name, downstream=downstream, curve_level_m=(0.0, SIZE), curve_storage_hm3=(0.0, SIZE),
        curve_area_km2=(0.001, 0.002), level_dead_m=0.0, level_flood_limit_m=SIZE, level_normal_m=SIZE, level_max_m=SIZE,
        flood_season_start="05-01", flood_season_end="09-01", refill_end="10-11", opening_storage_fraction=None,
        seepage_fraction_per_year=0.0, catchment_km2=1.0, runoff_depth_mm_per_year=1.0, ecological_dry_fraction=0.0,
        ecological_wet_fraction=0.0, ecological_shortage_price_yuan_per_m3=0.0, flood_excess_price_yuan_per_m3_day=0.0,
    )  # fmt: skip


def network() -> tuple[Kind, ...]:
    user = Industry(
        id="user", node="lake", user_class="industry", demand_hm3_per_year=1.0, return_fraction=0.0,
        shortage_share_fraction=(0.4, 0.6), shortage_price_yuan_per_m3=PRICES,
    )  # fmt: skip
    land = Catchment(id="land", node="lake", area_km2=1.0, runoff_depth_mm_per_year=1.0)
    sea = Outlet(id="sea", node="river", flow_min_m3_per_s=0.0, shortage_price_yuan_per_m3=0.0)
    return reservoir("lake", "river"), land, RiverNode(id="river"), sea, user


def windows(scarce: float, seed: int = 3) -> SeasonalWindows:
    """Wet summers, dry winters, years unlike each other; a demand of ``scarce`` times the mean inflow."""
    count = CLOCK.water.count
    season = 1.0 + 0.8 * np.sin(2 * np.pi * (np.arange(count) % 36 - 9) / 36)
    inflow = 5.0 * season * np.repeat(np.random.default_rng(seed).uniform(0.5, 1.5, YEARS), 36)
    nothing = np.zeros(count)
    series: dict[tuple[str, str], Floats] = {
        ("land", "inflow_m3_per_s"): inflow, ("user", "demand_m3_per_s"): np.full(count, scarce * 5.0),
        ("lake", "evaporation_mm_per_day"): nothing, ("lake", "ecological_flow_m3_per_s"): nothing,
    }  # fmt: skip
    return SeasonalWindows(network(), series, CLOCK)


@pytest.fixture(scope="module")
def scarce() -> SeasonalWindows:
    return windows(1.0)


@pytest.fixture(scope="module")
def values() -> ValueFunctions:
    """Learnt from other years than those that are rolled through."""
    return learn(windows(1.0, seed=8).stages(range(YEARS)), FULL, LearningPlan(rounds=3, visited=4, spread=12, points=7))


def cost(found: SeasonalWindows, x: Floats) -> float:
    program = found.whole.program
    return float(program.cost @ x) + program.offset


def test_months_are_programs_of_their_own_steps(scarce: SeasonalWindows) -> None:
    assert [month.steps for month in scarce.months] == [3] * 12
    assert scarce.months[1].assembly.clock.water.hours.tolist() == [240.0, 240.0, 192.0]
    assert [(month.number, start) for month, start in scarce.starts()][13] == (1, 39)
    assert [place.key for place in scarce.months[0].places] == [KEY, "lake.below_dead_hm3"]


def test_a_stage_says_what_one_more_hm3_saves(scarce: SeasonalWindows) -> None:
    """Against the difference of two ordinary solves of the same window, sign and size."""
    stage, month = scarce.stages([0])[2], scarce.months[2]

    def solved(storage: float) -> float:
        program = scarce.program_of(month, 6, np.array([storage, 0.0]))
        return solve(program).objective_yuan

    found = stage.solve(0, np.array([3.0, 0.0]))
    assert found.cost_yuan == pytest.approx(solved(3.0), rel=1e-6)
    saved = (solved(2.99) - solved(3.01)) / 0.02
    assert saved > PRICES[0] * YUAN_PER_M3 * 0.9
    assert -found.slope[0] == pytest.approx(saved, rel=1e-4)
    assert stage.solve(0, np.array([SIZE, 0.0])).cost_yuan <= found.cost_yuan


def test_values_fall_with_storage_and_lie_between_the_prices(values: ValueFunctions) -> None:
    slope = values.slope_yuan_per_hm3[KEY]
    assert slope.shape == (12, 7)
    assert np.all(np.diff(slope, axis=1) <= 1e-6)
    assert np.all((slope >= 0.0) & (slope <= PRICES[1] * YUAN_PER_M3 * (1 + 1e-6)))
    # Before the dry half-year an empty lake means shortage in every year, and a full one hardly any.
    assert slope[10, 0] > 0.9 * PRICES[0] * YUAN_PER_M3
    assert slope[10, -1] < slope[10, 0]
    curve = values.value(KEY, 3, np.linspace(-10.0, SIZE + 10.0, 200))
    assert np.all(np.diff(curve, 2) <= 1.0)


def test_slopes_are_taken_where_stores_are_filled_alike(scarce: SeasonalWindows, monkeypatch: pytest.MonkeyPatch) -> None:
    """One lake above the other: each lies at the same share of its own range, and states crowd where both are low."""
    nothing = np.zeros(CLOCK.water.count)
    more = {("pond", name): nothing for name in ("evaporation_mm_per_day", "ecological_flow_m3_per_s")}
    both = SeasonalWindows((*network(), reservoir("pond", "lake")), {**scarce.series, **more}, CLOCK)
    places = both.months[0].places
    stocks = [number for number, place in enumerate(places) if place.is_stored_water]
    taken: list[Floats] = []

    def noted(stage: Stage, state: Floats) -> Floats:
        taken.append(state[stocks])
        return np.zeros(len(state))

    monkeypatch.setattr(Stage, "mean_slope", noted)
    full = np.array([0.5 * SIZE if place.is_stored_water else 0.0 for place in places])
    learn(both.stages(range(YEARS)), full, LearningPlan(rounds=1, visited=0, spread=5))
    told = 0
    for states in np.array(taken).reshape(12, 5, 2):
        low, span = states[0], states[-1] - states[0]
        assert np.all(span >= 0.0)
        told += np.count_nonzero(span)
        share = (states - low)[:, span > 0.0] / span[span > 0.0]
        assert share == pytest.approx(np.tile(np.linspace(0.0, 1.0, 5)[:, None] ** 2, share.shape[1]))
    assert told > 12


def test_a_program_with_values_keeps_what_is_worth_more_later(scarce: SeasonalWindows) -> None:
    month = scarce.months[0]
    own = scarce.program_of(month, 0, FULL)
    ends = Ends.of(month.seams, own, month.places)

    def left(worth: float) -> tuple[float, float]:
        points = np.tile([0.0, SIZE], (12, 1))
        known = ValueFunctions({KEY: points}, {KEY: np.full((12, 2), worth * YUAN_PER_M3)})
        found = solve(with_values(own, ends, month.places, known, 1))
        assert found.x is not None
        state = ends.state(found.x)
        plain = float(own.cost @ found.x[: own.column_count]) + own.offset
        assert found.objective_yuan == pytest.approx(plain - known.total(1, month.places, state), rel=1e-6)
        return float(state[0]), plain

    (poor, served), (rich, starved) = left(PRICES[0] * 0.9), left(PRICES[1] * 1.1)
    assert rich > poor + 1.0
    assert starved > served


def test_rolling_by_values_stands_between_greed_and_foresight(scarce: SeasonalWindows, values: ValueFunctions) -> None:
    """It costs no less than the optimum of the whole, and less than windows to which what they leave is worth nothing."""
    whole = scarce.whole
    nothing = ValueFunctions(values.storage_hm3, {KEY: np.zeros_like(values.slope_yuan_per_hm3[KEY])})
    guided, blind = roll_long(scarce, FULL, values), roll_long(scarce, FULL, nothing)
    program = whole.program.with_series(as_openings(whole.places, FULL))
    held = program.matrix @ guided.x
    assert guided.windows == 12 * YEARS
    assert np.max(np.maximum(program.row_lower - held, held - program.row_upper)) < 1e-6
    ends = Ends.of(whole.seams, program, whole.places)
    assert ends.state(guided.x) == pytest.approx(guided.closing, abs=1e-6)
    perfect = solve(with_values(program, ends, whole.places, values, 0))
    assert perfect.outcome is Outcome.OPTIMAL
    assert perfect.x is not None

    def objective(x: Floats) -> float:
        return cost(scarce, x) - values.total(0, whole.places, ends.state(x))

    best = objective(perfect.x[: program.column_count])
    assert best <= objective(guided.x) + 1.0
    assert objective(guided.x) < objective(blind.x) - 0.1 * abs(objective(blind.x) - best)


def test_values_come_back_from_a_file_and_others_are_refused(
    scarce: SeasonalWindows, values: ValueFunctions, tmp_path: Path
) -> None:
    values.write(tmp_path / "values.json")
    again = ValueFunctions.read(tmp_path / "values.json")
    assert np.array_equal(again.slope_yuan_per_hm3[KEY], values.slope_yuan_per_hm3[KEY])
    (tmp_path / "other.json").write_text("{}", encoding="utf-8")
    with pytest.raises(WaterValueError, match="no values of water"):
        ValueFunctions.read(tmp_path / "other.json")
    rising = ValueFunctions(values.storage_hm3, {KEY: -values.slope_yuan_per_hm3[KEY] + np.arange(7)})
    rising.write(tmp_path / "rising.json")
    with pytest.raises(WaterValueError, match="slopes that rise"):
        ValueFunctions.read(tmp_path / "rising.json")
    other = ValueFunctions({"pond.storage_hm3": values.storage_hm3[KEY]}, {"pond.storage_hm3": values.slope_yuan_per_hm3[KEY]})
    with pytest.raises(WaterValueError, match=r"differ in lake\.storage_hm3, pond\.storage_hm3"):
        roll_long(scarce, FULL, other)


def test_years_of_unlike_steps_are_refused(scarce: SeasonalWindows) -> None:
    with pytest.raises(ValueError, match="without leap days"):
        SeasonalWindows(network(), scarce.series, CLOCK.of_year(2030))
