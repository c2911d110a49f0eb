"""Reservoirs over long series with answers known from theory, by the ordinary engine."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yuqian.models.catchment import Catchment
from yuqian.models.clock import Clock, Floats
from yuqian.models.industry import Industry
from yuqian.models.kind import Kind
from yuqian.models.outlet import Outlet
from yuqian.models.reservoir import Reservoir
from yuqian.models.river_node import RiverNode
from yuqian.models.yield_demand import YieldDemand
from yuqian.optimise.answers import answers
from yuqian.optimise.assemble import assemble
from yuqian.optimise.best_yield import best_yield
from yuqian.optimise.compile import compile_model
from yuqian.optimise.solve import solve
from yuqian.timeseries.dekads import dekad_clock
from yuqian.timeseries.typical_year import sequent_peak

INFLOW = np.array([1.0, 3.0, 3.0, 5.0, 8.0, 6.0, 7.0, 2.0, 1.0])
HM3_PER_DAY = 0.0864
"""Volume of 1 m3/s in a day, so that a storage of K days' flow is K times it."""


def dam(storage_hm3: float, opening: float | None = None) -> Reservoir:
    """A store of that size without losses or obligations; the level is the storage."""
    return Reservoir(
        id="lake", downstream="river", curve_level_m=(0.0, storage_hm3), curve_storage_hm3=(0.0, storage_hm3),
        curve_area_km2=(0.001, 0.002), level_dead_m=0.0, level_flood_limit_m=storage_hm3, level_normal_m=storage_hm3,
        level_max_m=storage_hm3, flood_season_start="05-01", flood_season_end="09-01", refill_end="10-11",
        opening_storage_fraction=opening, seepage_fraction_per_year=0.0, catchment_km2=1.0, runoff_depth_mm_per_year=1.0,
        ecological_dry_fraction=0.0, ecological_wet_fraction=0.0, ecological_shortage_price_yuan_per_m3=0.0,
        flood_excess_price_yuan_per_m3_day=0.0,
    )  # fmt: skip


def river(lake: Reservoir) -> tuple[Kind, ...]:
    return (
        lake, Catchment(id="land", node="lake", area_km2=1.0, runoff_depth_mm_per_year=1.0), RiverNode(id="river"),
        Outlet(id="sea", node="river", flow_min_m3_per_s=0.0, shortage_price_yuan_per_m3=0.0),
    )  # fmt: skip


def numbers(inflow: Floats) -> dict[tuple[str, str], Floats]:
    nothing = np.zeros(len(inflow))
    return {
        ("land", "inflow_m3_per_s"): inflow, ("lake", "evaporation_mm_per_day"): nothing,
        ("lake", "ecological_flow_m3_per_s"): nothing, ("user", "shape_ratio"): np.ones(len(inflow)),
    }  # fmt: skip


def user(steps: int, **changed: Any) -> YieldDemand:
    given = {"flow_max_m3_per_s": 100.0, "value_yuan_per_m3": 1.0, "steps_per_year_count": steps, **changed}
    return YieldDemand(id="user", node="lake", **given)


def firm_yield(storage_days: float, inflow: Floats = INFLOW) -> float:
    """Largest draft without a failure, the series repeating itself: one linear program."""
    clock = Clock.of_days(dt.date(2030, 1, 1), len(inflow), hours_per_day=24)
    lake = dam(max(storage_days, 1e-6) * HM3_PER_DAY)
    return best_yield(river(lake), numbers(inflow), clock, user(len(inflow))).flow_m3_per_s


@pytest.mark.parametrize(
    ("storage", "draft"),
    [(0, 1), (1, 1.5), (2, 2), (3, 7 / 3), (4, 8 / 3), (5, 3), (6, 3.2), (7.5, 3.5), (10, 4), (20, 4)],
)
def test_storage_and_yield_of_the_sequent_peak_example(storage: float, draft: float) -> None:
    assert firm_yield(storage) == pytest.approx(draft, rel=1e-5)


def test_storage_for_a_draft_by_recursion_and_by_linear_program() -> None:
    assert sequent_peak(INFLOW, 3.5).storage == pytest.approx(7.5, abs=1e-12)
    low, high = 0.0, 20.0
    for _ in range(18):
        middle = (low + high) / 2
        low, high = (low, middle) if firm_yield(middle) >= 3.5 - 1e-7 else (middle, high)
    assert high == pytest.approx(7.5, abs=2e-4)


@given(st.lists(st.integers(0, 20), min_size=4, max_size=10).filter(any), st.floats(0.5, 6.0))
@settings(max_examples=5, deadline=None, derandomize=True)
def test_yield_is_concave_in_storage_and_never_falls(inflow: list[int], step: float) -> None:
    series = np.array(inflow, dtype=float)
    yields = np.array([firm_yield(k * step, series) for k in range(4)])
    rises = np.diff(yields)
    assert np.all(rises >= -1e-5)
    assert np.all(np.diff(rises) <= 1e-5)
    assert yields[-1] <= series.mean() + 1e-5
    draft = float(yields[2])
    assert sequent_peak(series, draft * (1 - 1e-9)).storage <= 2 * step + 1e-5


def test_a_sine_of_inflow_fills_a_store_as_calculus_says(engine: Any) -> None:
    """Inflow S + S cos(wt) with a draft of S from V0 = S/w: V(t) = V0 + S sin(wt)/w (a yearly wave, by the day)."""
    scale, w = 100.0, 2 * np.pi / 365
    ends = np.arange(366)
    # Exact mean of the cosine over each day.
    inflow = scale + scale * np.diff(np.sin(w * ends)) / w
    opening = scale / w * HM3_PER_DAY
    lake = dam(2 * opening, opening=0.5)
    draw = Industry(
        id="user", node="lake", user_class="industry", demand_hm3_per_year=scale * 365 * HM3_PER_DAY, return_fraction=0.0,
        shortage_share_fraction=(1.0,), shortage_price_yuan_per_m3=(10.0,),
    )  # fmt: skip
    series = {**numbers(inflow), ("user", "demand_m3_per_s"): np.full(365, scale)}
    del series["user", "shape_ratio"]
    run = engine((*river(lake), draw), series, Clock.of_days(dt.date(2030, 1, 1), 365, hours_per_day=24))
    wanted = opening + scale * np.sin(w * ends) / w * HM3_PER_DAY
    assert np.abs(run["lake"].storage_hm3 - wanted).max() < 1e-4 * opening
    assert run["user"].shed_1_m3_per_s.sum() == pytest.approx(0.0, abs=1e-6)


def standard_rule_shortage(inflow: Floats, demand: Floats, opening: float, size: float) -> float:
    """Total shortage, flow times days, of giving what is there until the demand is met, and spilling what does not fit."""
    stored, short = opening, 0.0
    for flow, wanted in zip(inflow, demand, strict=True):
        given = min(wanted, stored + flow)
        short += wanted - given
        stored = min(stored + flow - given, size)
    return short


@given(st.integers(0, 2**32 - 1), st.floats(0.5, 1.3), st.floats(1.0, 30.0))
@settings(max_examples=5, deadline=None, derandomize=True)
def test_the_standard_rule_leaves_no_more_shortage_than_foresight(seed: int, level: float, size: float) -> None:
    """Without evaporation, one store and one price, both lose the same volume; only when and how deep differs.

    The horizon ends with as much as it began: nothing here, so the store opens empty.
    """
    rng = np.random.default_rng(seed)
    inflow = rng.gamma(0.8, 5.0, 60)
    demand = level * inflow.mean() * rng.uniform(0.5, 1.5, 60)
    lake = dam(size * HM3_PER_DAY, opening=0.0)
    draw = Industry(
        id="user", node="lake", user_class="industry", demand_hm3_per_year=1.0, return_fraction=0.0,
        shortage_share_fraction=(1.0,), shortage_price_yuan_per_m3=(10.0,),
    )  # fmt: skip
    series = {**numbers(inflow), ("user", "demand_m3_per_s"): demand}
    del series["user", "shape_ratio"]
    clock = Clock.of_days(dt.date(2030, 1, 1), 60, hours_per_day=24)
    assembly = assemble((*river(lake), draw), series, clock)
    program = compile_model(assembly.model)
    short = answers(assembly, program, solve(program))["user"].shed_1_m3_per_s.sum()
    assert short == pytest.approx(standard_rule_shortage(inflow, demand, 0.0, size), abs=1e-4)


def brute_force(inflow: Floats, size: float, years: int, failing: int) -> float:
    """Best yield over every set of failing years, by bisection on the standard rule with demand only where it must hold.

    In a failing year nothing need be delivered, so the best is to store; the series repeats, as the cyclic program's does.
    """
    steps = len(inflow) // years
    best = 0.0
    for chosen in itertools.combinations(range(years), failing):
        counts = ~np.isin(np.arange(len(inflow)) // steps, chosen)
        low, high = 0.0, float(inflow.mean()) * years / (years - failing) + 1e-9
        for _ in range(50):
            draft = (low + high) / 2
            demand = np.tile(draft * counts, 3)
            stored, ok = 0.0, True
            for position, (flow, wanted) in enumerate(zip(np.tile(inflow, 3), demand, strict=True)):
                if stored + flow < wanted - 1e-12 and position >= 2 * len(inflow):
                    ok = False
                    break
                stored = min(max(stored + flow - wanted, 0.0), size)
            low, high = (draft, high) if ok else (low, draft)
        best = max(best, low)
    return best


@pytest.mark.parametrize(("seed", "failing"), [(1, 1), (2, 2), (3, 1), (4, 2), (5, 3)])
def test_the_best_yield_with_failing_years_is_that_of_trying_them_all(seed: int, failing: int) -> None:
    years, steps = 6, 4
    rng = np.random.default_rng(seed)
    inflow = rng.gamma(0.7, 10.0, years * steps) * np.repeat(rng.uniform(0.3, 1.7, years), steps)
    size = float(rng.uniform(0.3, 3.0) * inflow.mean())
    clock = Clock.of_days(dt.date(2030, 1, 1), len(inflow), hours_per_day=24)
    demand = user(steps, failing_years_count=failing)
    found = best_yield(river(dam(size * HM3_PER_DAY)), numbers(inflow), clock, demand)
    assert found.flow_m3_per_s == pytest.approx(brute_force(inflow, size, years, failing), rel=2e-5)
    assert found.bound_m3_per_s >= found.flow_m3_per_s * (1 - 1e-9)
    assert found.gap_fraction <= 1e-4
    assert len(found.failing_years) <= failing
    # One more failure never lowers the yield, and none is the linear program's.
    assert found.flow_m3_per_s >= best_yield(river(dam(size * HM3_PER_DAY)), numbers(inflow), clock, user(steps)).flow_m3_per_s


def test_a_critical_period_of_several_years_needs_carry_over() -> None:
    """Three dry years in a row: within one year the store would do, over three it does not, and the mean year hides it."""
    clock = dekad_clock(2030, 8)
    wet, dry = np.full(36, 10.0), np.full(36, 4.0)
    inflow = np.concatenate([wet, wet, dry, dry, dry, wet, wet, wet])
    year_of_draft = 6.0 * 365 * HM3_PER_DAY
    lake = dam(2 * 365 * HM3_PER_DAY * 2.0)  # four units of flow for a year
    found = best_yield(river(lake), numbers(inflow), clock, user(36))
    # From full, three years of 4 and a store of 4 years' units: (3 * 4 + 4) / 3.
    assert found.flow_m3_per_s == pytest.approx(16 / 3, rel=1e-6)
    assert found.flow_m3_per_s * 365 * HM3_PER_DAY < year_of_draft
    allowed = best_yield(river(lake), numbers(inflow), clock, user(36, failing_years_count=1))
    assert allowed.flow_m3_per_s > found.flow_m3_per_s * 1.1
    assert len(allowed.failing_years) == 1
    assert allowed.failing_years[0] in (2, 3, 4)


def rule_yield(inflow: Floats, size: float, years: int, failing: int) -> float:
    """Largest draft that the standard rule keeps up with so many failing years, by bisection; the third turn is counted."""
    steps = len(inflow) // years

    def failures(draft: float) -> int:
        stored, failed = 0.0, set()
        for position, flow in enumerate(np.tile(inflow, 3)):
            given = min(draft, stored + flow)
            if given < draft - 1e-9 and position >= 2 * len(inflow):
                failed.add((position - 2 * len(inflow)) // steps)
            stored = min(stored + flow - given, size)
        return len(failed)

    low, high = 0.0, float(inflow.max())
    for _ in range(40):
        draft = (low + high) / 2
        low, high = (draft, high) if failures(draft) <= failing else (low, draft)
    return low


@pytest.mark.parametrize(("seed", "failing"), [(7, 0), (8, 1), (9, 2)])
def test_no_rule_yields_more_than_foresight(seed: int, failing: int) -> None:
    years, steps = 8, 6
    inflow = np.random.default_rng(seed).gamma(0.9, 8.0, years * steps)
    size = 2.0 * float(inflow.mean())
    clock = Clock.of_days(dt.date(2030, 1, 1), len(inflow), hours_per_day=24)
    demand = user(steps, failing_years_count=failing)
    best = best_yield(river(dam(size * HM3_PER_DAY)), numbers(inflow), clock, demand).flow_m3_per_s
    by_rule = rule_yield(inflow, size, years, failing)
    assert 0.0 < by_rule <= best * (1 + 1e-5)
    if not failing:
        assert by_rule == pytest.approx(best, rel=1e-5)
