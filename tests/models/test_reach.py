"""A reach delays water and keeps it."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from yuqian.models.book import Answer
from yuqian.models.catchment import Catchment
from yuqian.models.clock import Clock, Rhythm, Timeline
from yuqian.models.kind import Kind
from yuqian.models.outlet import Outlet
from yuqian.models.reach import Reach
from yuqian.models.river_node import RiverNode
from yuqian.optimise.answers import answers
from yuqian.optimise.assemble import SeriesByAsset, assemble
from yuqian.optimise.compile import compile_model
from yuqian.optimise.solve import solve
from yuqian.reports.audit import Audit, audit

CLOCK = Clock.of_days(dt.date(2030, 7, 1), 3)


def solved(assets: Sequence[Kind], series: SeriesByAsset, clock: Clock = CLOCK) -> tuple[dict[str, Answer], Audit]:
    """Answers of all assets, audited."""
    assembly = assemble(assets, series, clock)
    program = compile_model(assembly.model)
    solution = solve(program)
    found = answers(assembly, program, solution)
    result = audit(assembly.assets, found, clock, solution.objective_yuan)
    result.require()
    return found, result


def river(inflow: Sequence[float], shares: tuple[float, ...], loss: float = 0.0) -> Answer:
    """What leaves a reach that the given natural inflow enters, one number a day."""
    clock = Clock.of_days(dt.date(2030, 7, 1), len(inflow), hours_per_day=1)
    assets = (
        RiverNode(id="upper"), Catchment(id="land", node="upper", area_km2=1.0, runoff_depth_mm_per_year=1.0),
        Reach(id="reach", node_from="upper", node_to="lower", lag_share_fraction=shares, loss_of_inflow_fraction=loss),
        RiverNode(id="lower"), Outlet(id="mouth", node="lower", flow_min_m3_per_s=0.0, shortage_price_yuan_per_m3=1.0),
    )  # fmt: skip
    found, _ = solved(assets, {("land", "inflow_m3_per_s"): np.array(inflow)}, clock)
    return found["mouth"]


def test_a_pulse_arrives_later_and_spread_out() -> None:
    out = river([0.0, 100.0, 0.0, 0.0, 0.0], (0.3, 0.5, 0.2))
    assert out.outflow_m3_per_s == pytest.approx([0.0, 30.0, 50.0, 20.0, 0.0], abs=1e-6)


def test_water_on_its_way_at_the_end_is_there_at_the_beginning() -> None:
    out = river([0.0, 0.0, 0.0, 100.0], (0.3, 0.5, 0.2))
    assert out.outflow_m3_per_s == pytest.approx([50.0, 20.0, 0.0, 30.0], abs=1e-6)


@pytest.mark.parametrize("days", [1, 2, 3, 9])
def test_what_goes_in_comes_out_less_the_loss(days: int) -> None:
    """Also over a horizon that is shorter than the longest lag."""
    inflow = np.linspace(5.0, 50.0, days)
    out = river(inflow.tolist(), (0.0, 0.1, 0.2, 0.3, 0.4), loss=0.2)
    assert out.outflow_m3_per_s.sum() == pytest.approx(0.8 * inflow.sum())


def test_shares_that_do_not_sum_to_one_are_refused() -> None:
    with pytest.raises(ValidationError, match="sum to 1"):
        Reach(id="reach", node_from="a", node_to="b", lag_share_fraction=(0.3, 0.5), loss_of_inflow_fraction=0.0)


def periods(days: Sequence[int]) -> Clock:
    return Clock.of_periods(dt.date(2030, 7, 1), [float(count) for count in days])


def through(reach: Reach, inflow: Sequence[float], clock: Clock) -> np.ndarray:
    """Outflow of a reach, by water step."""
    assets = (
        RiverNode(id="upper"), Catchment(id="land", node="upper", area_km2=1.0, runoff_depth_mm_per_year=1.0), reach,
        RiverNode(id="lower"), Outlet(id="mouth", node="lower", flow_min_m3_per_s=0.0, shortage_price_yuan_per_m3=1.0),
    )  # fmt: skip
    found, _ = solved(assets, {("land", "inflow_m3_per_s"): np.array(inflow, dtype=float)}, clock)
    return np.asarray(found["mouth"].outflow_m3_per_s)


@given(
    st.lists(st.integers(1, 12), min_size=1, max_size=6),
    st.lists(st.integers(0, 9), min_size=1, max_size=5).filter(any),
    st.integers(0, 2**32 - 1),
)
@settings(max_examples=25, deadline=None, derandomize=True)
def test_longer_steps_are_the_means_of_days(days: list[int], parts: list[int], seed: int) -> None:
    """An inflow that is even over each long step comes out of the daily reach with just the means that long steps give."""
    shares = tuple(part / sum(parts) for part in parts)
    reach = Reach(id="reach", node_from="upper", node_to="lower", lag_share_fraction=shares, loss_of_inflow_fraction=0.1)
    inflow = np.random.default_rng(seed).uniform(0.0, 100.0, len(days))
    long = through(reach, inflow, periods(days))
    daily = through(reach, np.repeat(inflow, days), Clock.of_days(dt.date(2030, 7, 1), sum(days), hours_per_day=1))
    starts = np.concatenate(([0], np.cumsum(days)[:-1]))
    assert long == pytest.approx(np.add.reduceat(daily, starts) / days, abs=1e-6)
    assert long @ days == pytest.approx(0.9 * (inflow @ days), rel=1e-9)


def test_the_error_of_longer_steps_is_within_its_bound() -> None:
    """Daily flow that is not even within ten days: each period's mean outflow is off by no more than stated."""
    shares = (0.3, 0.5, 0.2)
    reach = Reach(id="reach", node_from="upper", node_to="lower", lag_share_fraction=shares, loss_of_inflow_fraction=0.0)
    daily = np.random.default_rng(1).gamma(0.7, 20.0, 60)
    means = daily.reshape(6, 10).mean(axis=1)
    exact = through(reach, daily, Clock.of_days(dt.date(2030, 7, 1), 60, hours_per_day=1)).reshape(6, 10).mean(axis=1)
    off = np.abs(through(reach, means, periods([10] * 6)) - exact).max()
    bound = sum(k * share for k, share in enumerate(shares)) / 10 * np.abs(daily - np.repeat(means, 10)).max()
    assert 0.0 < off <= 2 * bound
    assert off <= 0.2 * means.max()


def test_steps_of_broken_days_are_refused() -> None:
    broken = Clock.of_days(dt.date(2030, 7, 1), 2, hours_per_day=36)
    example = Reach.example()
    with pytest.raises(ValueError, match="whole days"):
        assemble((example.asset, *example.ports), {}, broken)


def routed(time_h: float, weight: float, hours: float, flow: list[float]) -> np.ndarray:
    """Outflow of a reach that is routed by the step, for a flow that is forced through it."""
    count = len(flow)
    start = dt.datetime(2030, 7, 1)
    clock = Clock(
        Timeline(Rhythm.POWER, start, np.full(count, hours)), Timeline(Rhythm.WATER, start, np.full(count, hours))
    )  # fmt: skip
    reach = Reach(
        id="reach", node_from="upper", node_to="lower", lag_share_fraction=(1.0,), loss_of_inflow_fraction=0.0,
        muskingum_time_h=time_h, muskingum_weight_fraction=weight,
    )  # fmt: skip
    hills = Catchment(id="hills", node="upper", area_km2=1.0, runoff_depth_mm_per_year=1.0)
    mouth = Outlet(id="mouth", node="lower", flow_min_m3_per_s=0.0, shortage_price_yuan_per_m3=0.0)
    assets = [reach, hills, mouth, RiverNode(id="upper"), RiverNode(id="lower")]
    assembly = assemble(assets, {("hills", "inflow_m3_per_s"): np.array(flow)}, clock)
    program = compile_model(assembly.model)
    assert program.structure is not None
    assert program.structure.notes == ()
    solution = solve(program)
    found = answers(assembly, program, solution)
    audit(assembly.assets, found, clock, solution.objective_yuan).require()
    return found["reach"].outflow_m3_per_s[1:]


def test_muskingum_routes_a_flood_wave_by_its_coefficients() -> None:
    """K = 12 h, X = 0.2, 6 h steps: C = (.048, .429, .524); a wave far from both ends comes out as the recursion says."""
    wave = [10.0] * 4 + [60.0, 90.0, 40.0] + [10.0] * 40
    out = [10.0]
    c0, c1, c2 = 1.2 / 25.2, 10.8 / 25.2, 13.2 / 25.2
    for before, now in itertools.pairwise(wave):
        out.append(c0 * now + c1 * before + c2 * out[-1])
    assert routed(12.0, 0.2, 6.0, wave) == pytest.approx(out, rel=1e-4)
    assert sum(out) == pytest.approx(sum(wave), rel=1e-4)


def test_muskingum_refuses_steps_that_would_turn_water_round() -> None:
    with pytest.raises(ValueError, match="steps must be 4.8 to 19.2 h long".replace(".", r"\.")):
        routed(12.0, 0.2, 24.0, [1.0, 1.0])
