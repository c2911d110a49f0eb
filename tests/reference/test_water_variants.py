"""The known water problems with other numbers, each ten times, against what can be worked out without a solver."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

from yuqian.models.bus import Bus
from yuqian.models.clock import Clock, Floats, Rhythm, Timeline
from yuqian.models.hydro_plant import HydroPlant
from yuqian.models.load_profile import LoadProfile
from yuqian.models.outlet import Outlet
from yuqian.models.reach import Reach
from yuqian.models.river_node import RiverNode
from yuqian.models.surface_law import SurfaceOf
from yuqian.models.water_node import WaterNode
from yuqian.models.yield_demand import YieldDemand
from yuqian.optimise.answers import answers
from yuqian.optimise.assemble import assemble
from yuqian.optimise.best_yield import best_yield
from yuqian.optimise.compile import compile_model
from yuqian.optimise.operating_rules import Rules
from yuqian.optimise.settle import optimistic_bound, settle
from yuqian.optimise.simulate import simulate
from yuqian.optimise.solve import solve

from .water_cases import HM3_PER_DAY, SHORT_YUAN_PER_M3, canal, hills, lake, river, user

ten = pytest.mark.parametrize("seed", range(10))
START = dt.date(2029, 3, 1)
SEA = {"id": "mouth", "flow_min_m3_per_s": 0.0, "shortage_price_yuan_per_m3": 0.0}


def rolls(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed + 1000)


def given(count: int, **hm3_per_day: Any) -> dict[tuple[str, str], Floats]:
    """Series of a lake without losses, inflow from the hills, and demands; volumes a day."""
    series = {("lake", "evaporation_mm_per_day"): np.zeros(count), ("lake", "ecological_flow_m3_per_s"): np.zeros(count)}
    for name, values in hm3_per_day.items():
        what = "inflow_m3_per_s" if name == "hills" else "demand_m3_per_s"
        series[name, what] = np.broadcast_to(np.asarray(values, dtype=float), count) * HM3_PER_DAY
    return series


def short_hm3(run: Any, name: str) -> Floats:
    short: Floats = run[name].shed_1_m3_per_s / HM3_PER_DAY
    return short


def emptied(opening: float, demand: Floats, inflow: Floats, size: float = np.inf) -> tuple[Floats, Floats]:
    """What is given and stored day by day when as much is given as there is."""
    gave, stored = [], [opening]
    for asked, came in zip(demand, inflow, strict=True):
        there = stored[-1] + came
        gave.append(min(asked, there))
        stored.append(min(there - gave[-1], size))
    return np.array(gave), np.array(stored[1:])


@ten
def test_a_lake_empties_day_by_day(engine: Any, seed: int) -> None:
    """By rule day by day; in one program the same volume is short in all."""
    random = rolls(seed)
    count, opening = int(random.integers(4, 12)), float(random.uniform(5, 60))
    demand, inflow = random.uniform(2, 15, count), random.uniform(0, 6, count)
    gave, stored = emptied(opening, demand, inflow)
    assets = [lake(opening), *river(), hills("lake"), user("town", "lake")]
    series, clock = given(count, hills=inflow, town=demand), Clock.of_days(START, count)
    ruled = simulate(assets, series, clock, Rules())
    assert ruled.delivered_hm3("town")[:, 0] == pytest.approx(gave, abs=1e-9)
    assert ruled.storage_hm3("lake")[:, 0] == pytest.approx(stored, abs=1e-9)
    run = engine(assets, series, clock)
    assert short_hm3(run, "town").sum() == pytest.approx((demand - gave).sum(), abs=1e-5)
    assert run.cost == pytest.approx((demand - gave).sum() * 1e6 * SHORT_YUAN_PER_M3, rel=1e-5, abs=500.0)


@ten
def test_a_wave_of_inflow_fills_a_lake_as_calculus_says(engine: Any, seed: int) -> None:
    """Inflow S(1 + a cos(wt + f)), draft S: V(t) = V0 + a S (sin(wt + f) - sin f) / w, for any S, a, f and period."""
    random = rolls(seed)
    days = int(random.integers(40, 160))
    size, share, phase = float(random.uniform(0.5, 4)), float(random.uniform(0.2, 1.0)), float(random.uniform(0, 2 * np.pi))
    w, ends = 2 * np.pi / days, np.arange(days + 1)
    wave = share * size * (np.sin(w * ends + phase) - np.sin(phase)) / w
    wanted = 500.0 + wave
    assets = [lake(500.0), *river(), hills("lake"), user("town", "lake")]
    run = engine(assets, given(days, hills=size + np.diff(wave), town=size), Clock.of_days(START, days))
    assert run["lake"].storage_hm3 == pytest.approx(wanted, abs=1e-4 * 500.0)


@ten
def test_evaporation_by_the_opening_surface_is_a_geometric_row(engine: Any, seed: int) -> None:
    """The lake loses a share k of its storage and a draft q a day: V(t) = (V0 + q/k) (1 - k)^t - q/k."""
    random = rolls(seed)
    count, opening, depth, draft = (
        6,
        float(random.uniform(500, 1000)),
        float(random.uniform(5, 29)),
        float(random.uniform(1, 20)),
    )
    k = depth / 1000 * 0.1  # a tenth of a km2 for each hm3
    series = given(count, town=draft)
    series["lake", "evaporation_mm_per_day"] = np.full(count, depth)
    dam = lake(opening, evaporation_surface=SurfaceOf.OPENING)
    run = engine([dam, *river(), user("town", "lake")], series, Clock.of_days(START, count))
    wanted = (opening + draft / k) * (1 - k) ** np.arange(count + 1) - draft / k
    assert run["lake"].storage_hm3 == pytest.approx(wanted, rel=1e-8)


@ten
def test_losses_follow_one_another(engine: Any, seed: int) -> None:
    """A canal that loses a share of its inflow, then one that loses a share of its delivery, and the other way round."""
    random = rolls(seed)
    of_inflow, of_delivery, demand = float(random.uniform(0, 0.6)), float(random.uniform(0, 0.9)), float(random.uniform(1, 9))
    first, second = {"loss_of_inflow_fraction": of_inflow}, {"loss_of_delivery_fraction": of_delivery}
    if seed % 2:
        first, second = second, first
    assets = [
        lake(900.0), *river(), canal("one", "lake", "half_way", **first), WaterNode(id="half_way"),
        canal("two", "half_way", "end", **second), WaterNode(id="end"), user("town", "end"),
    ]  # fmt: skip
    series, clock = given(3, town=demand), Clock.of_days(START, 3)
    run = engine(assets, series, clock)
    wanted = demand * (1 + of_delivery) / (1 - of_inflow)
    assert run["one"].flow_m3_per_s / HM3_PER_DAY == pytest.approx(np.full(3, wanted))
    ruled = simulate(assets, series, clock, Rules())
    assert ruled.delivered_hm3("town")[:, 0] == pytest.approx(demand)
    assert -np.diff(ruled.storage_hm3("lake")[:, 0]) == pytest.approx(np.full(2, wanted))


@ten
def test_a_licence_year_crosses_the_calendar(engine: Any, seed: int) -> None:
    """The licence begins anew on its own date; before and after it, as much is drawn as is left or asked."""
    random = rolls(seed)
    month_day = f"{int(random.integers(1, 13)):02d}-{int(random.integers(1, 29)):02d}"
    turn = dt.date(2029, int(month_day[:2]), int(month_day[3:]))
    before, after = int(random.integers(3, 40)), int(random.integers(3, 40))
    demand, licence, used = float(random.uniform(1, 5)), float(random.uniform(20, 90)), float(random.uniform(0, 15))
    count, start = before + after, turn - dt.timedelta(before)
    fields = {"quota_start": (month_day,), "quota_hm3": (licence,), "quota_used_hm3": used}
    assets = [lake(1000.0), *river(), WaterNode(id="end"), user("town", "end"), canal("drawn", "lake", "end", **fields)]
    clock, series = Clock.of_days(start, count), given(count, town=demand)
    drawn = engine(assets, series, clock)["drawn"].flow_m3_per_s / HM3_PER_DAY
    wanted = [min(licence - used, before * demand), min(licence, after * demand)]
    assert [drawn[:before].sum(), drawn[before:].sum()] == pytest.approx(wanted)
    ruled = simulate(assets, series, clock, Rules()).delivered_hm3("town")[:, 0]
    assert [ruled[:before].sum(), ruled[before:].sum()] == pytest.approx(wanted)


@ten
def test_the_flood_limit_holds_and_the_lake_fills_again_in_a_line(engine: Any, seed: int) -> None:
    """More comes than is asked for all year: the lake stands at its limit at the end of every day, and the rest goes down."""
    random = rolls(seed)
    flood, normal = float(random.uniform(20, 60)), float(random.uniform(65, 100))
    first, last = f"0{int(random.integers(4, 7))}-{int(random.integers(10, 29))}", f"08-{int(random.integers(10, 29))}"
    full = f"{int(random.integers(9, 12)):02d}-{int(random.integers(10, 29))}"
    levels = {"level_flood_limit_m": flood, "level_normal_m": normal, "flood_season_start": first, "flood_season_end": last}
    dam = lake(None, **levels, refill_end=full, opening_storage_fraction=1.0, closing_storage_fraction=1.0)
    days = np.arange("2029-01-01", "2030-01-01", dtype="datetime64[D]")
    since = {name: (days - np.datetime64(f"2029-{name}")).astype(int) for name in (first, last, full)}
    # From the end of the day before the season is over to the end of the day on which it may be full.
    rising = 10 * (flood + (normal - flood) * (since[last] + 1) / (since[last][0] - since[full][0] + 1))
    wanted = np.where((since[first] >= 0) & (since[last] < 0), 10 * flood, 10 * normal)
    filling = (since[last] >= 0) & (since[full] < 0)
    wanted = np.where(filling, rising, wanted)
    series = given(365, hills=40.0, town=1.0)
    assets = [dam, *river(), hills("lake"), user("town", "lake")]
    ruled = simulate(assets, series, Clock.of_days(dt.date(2029, 1, 1), 365), Rules())
    assert ruled.storage_hm3("lake")[:, 0] == pytest.approx(wanted, abs=1e-6)
    short_clock = Clock.of_days(dt.date(2029, 8, 1), 60)
    part = slice(212, 272)
    opened = dam.model_copy(update={"opening_storage_fraction": wanted[211] / (10 * normal), "closing_storage_fraction": 0.0})
    run = engine([opened, *river(), hills("lake"), user("town", "lake")], given(60, hills=40.0, town=1.0), short_clock)
    assert np.all(run["lake"].storage_hm3[1:] <= wanted[part] + 1e-5)
    assert short_hm3(run, "town").sum() == pytest.approx(0.0, abs=1e-6)


@ten
def test_muskingum_answers_a_pulse_as_its_coefficients_say(engine: Any, seed: int) -> None:
    """C0, then (C1 + C0 C2) C2^(n-1); all that goes in comes out; steps out of 2KX to 2K(1-X) are refused."""
    random = rolls(seed)
    time, weight = float(random.uniform(5, 60)), float(random.uniform(0, 0.45))
    step = float(random.uniform(2 * time * weight, 2 * time * (1 - weight)))
    below = 2 * time * (1 - weight) + step
    c0, c1, c2 = ((step - 2 * time * weight) / below, (step + 2 * time * weight) / below, (below - 2 * step) / below)
    count, pulse = 5 + int(np.ceil(np.log(1e-9) / np.log(max(c2, 1e-9)))) if c2 > 0 else 8, 40.0
    answer = np.array([c0, *((c1 + c0 * c2) * c2 ** np.arange(count - 1))])
    hours = np.full(count, step)
    clock = Clock(*(Timeline(rhythm, dt.datetime(2029, 1, 1), hours) for rhythm in (Rhythm.POWER, Rhythm.WATER)))
    reach = Reach(
        id="reach", node_from="upper", node_to="lower", lag_share_fraction=(1.0,), loss_of_inflow_fraction=0.0,
        muskingum_time_h=time, muskingum_weight_fraction=weight,
    )  # fmt: skip
    assets = [reach, hills("upper"), RiverNode(id="upper"), RiverNode(id="lower"), Outlet(node="lower", **SEA)]
    flow = np.zeros(count)
    flow[0] = pulse
    run = engine(assets, {("hills", "inflow_m3_per_s"): flow}, clock)
    out = run["mouth"].outflow_m3_per_s
    # The horizon turns round: a pulse on the first step is one that comes again and again.
    assert out == pytest.approx(pulse * answer, abs=1e-5 * pulse)
    assert out.sum() == pytest.approx(flow.sum())
    for wrong in (2 * time * weight * 0.9, 2 * time * (1 - weight) * 1.1):
        if wrong > 0:
            broken = Clock(*(Timeline(one, dt.datetime(2029, 1, 1), np.full(3, wrong)) for one in (Rhythm.POWER, Rhythm.WATER)))
            with pytest.raises(ValueError, match="steps must be"):
                reach.coefficients(broken)


@ten
def test_the_best_yield_without_a_store_is_that_of_the_worst_kept_year(seed: int) -> None:
    """Without storage a year can draw its smallest flow; with F failing years, the (F + 1)-th smallest of those."""
    random = rolls(seed)
    years, steps, failing = int(random.integers(4, 8)), int(random.integers(2, 5)), int(random.integers(0, 3))
    inflow = random.uniform(1, 20, years * steps)
    clock = Clock.of_days(START, years * steps)
    demand = YieldDemand(
        id="user", node="lake", flow_max_m3_per_s=100.0, value_yuan_per_m3=1.0, steps_per_year_count=steps,
        failing_years_count=failing,
    )  # fmt: skip
    dam = lake(None, curve_storage_hm3=(0.0, 1e-6))
    series = given(years * steps) | {("user", "shape_ratio"): np.ones(years * steps), ("hills", "inflow_m3_per_s"): inflow}
    found = best_yield([dam, *river(), hills("lake")], series, clock, demand)
    assert found.flow_m3_per_s == pytest.approx(np.sort(inflow.reshape(years, steps).min(axis=1))[failing], rel=1e-5)


@ten
def test_a_full_head_and_its_tailwater_in_closed_form(engine: Any, seed: int) -> None:
    """P = 9.81 Q H eta: in a day, V m3 falling H make 9.81 V H eta / 3600 kWh, whatever hours it is used in."""
    random = rolls(seed)
    head, eta, volume = float(random.uniform(10, 300)), float(random.uniform(0.7, 0.95)), float(random.uniform(0.5, 8))
    plant = HydroPlant(
        id="hydro", reservoir="lake", downstream="river", bus="bus", power_max_mw=5000.0, net_head_m=head,
        efficiency_fraction=eta, variable_cost_yuan_per_mwh=0.0,
    )  # fmt: skip
    load = LoadProfile(id="load", bus="bus", shed_price_yuan_per_mwh=500.0)
    series = given(1) | {("load", "demand_mw"): random.uniform(800, 5000, 24)}
    run = engine([lake(volume), *river(), plant, Bus(id="bus", voltage_kv=220.0), load], series, Clock.of_days(START, 1))
    assert run["hydro"].power_mw.sum() * 1000 == pytest.approx(9.81 * volume * 1e6 * head * eta / 3600, rel=1e-6)


@ten
def test_head_settles_where_level_and_tailwater_meet(seed: int) -> None:
    """A lake of V hm3 is used up in a day: mean level V/20 m; the tailwater lies 50 m below its bed and rises with the flow."""
    random = rolls(seed)
    volume, eta, loss = float(random.uniform(1, 8)), float(random.uniform(0.7, 0.95)), float(random.uniform(0, 5))
    rise, flow = float(random.uniform(0.0, 0.05)), volume * HM3_PER_DAY
    plant = HydroPlant(
        id="hydro", reservoir="lake", downstream="river", bus="bus", power_max_mw=5000.0,
        net_head_m=float(random.uniform(20, 90)), efficiency_fraction=eta,
        variable_cost_yuan_per_mwh=0.0, tailwater_level_m=-50.0, head_loss_m=loss,
        tailwater_curve_flow_m3_per_s=(0.0, 1000.0), tailwater_curve_level_m=(-50.0, -50.0 + 1000.0 * rise),
    )  # fmt: skip
    load = LoadProfile(id="load", bus="bus", shed_price_yuan_per_mwh=500.0)
    assets = [lake(volume), *river(), plant, Bus(id="bus", voltage_kv=220.0), load]
    assembly = assemble(assets, given(1) | {("load", "demand_mw"): np.full(24, 3000.0)}, Clock.of_days(START, 1))
    program = compile_model(assembly.model)
    settled = settle(assembly, program, solve(program))
    assert settled.is_settled
    found = answers(settled.assembly, settled.program, settled.solution)
    head = volume / 20 + 50.0 - rise * flow - loss
    wanted = 9.81e-3 * eta * head * flow
    assert found["hydro"].power_mw.mean() == pytest.approx(wanted, rel=0.005)
    assert optimistic_bound(settled) <= settled.solution.objective_yuan + 1e-6


@ten
def test_travel_time_turns_with_the_horizon_and_begins_as_on_the_first_day_by_rule(engine: Any, seed: int) -> None:
    """What is on its way at the end was on its way at the beginning; by rule it is as if the first day had gone on before."""
    random = rolls(seed)
    count, shares = int(random.integers(6, 15)), random.dirichlet(np.ones(int(random.integers(2, 6))))
    shares = tuple(np.append(shares[:-1], 1.0 - shares[:-1].sum()))
    loss, flow = float(random.uniform(0, 0.3)), random.uniform(0, 30, count)
    reach = Reach(id="reach", node_from="upper", node_to="lower", lag_share_fraction=shares, loss_of_inflow_fraction=loss)
    assets = [reach, hills("upper"), RiverNode(id="upper"), RiverNode(id="lower"), Outlet(node="lower", **SEA)]
    series, clock = {("hills", "inflow_m3_per_s"): flow}, Clock.of_days(START, count)
    turned = (1 - loss) * sum(share * np.roll(flow, lag) for lag, share in enumerate(shares))
    run = engine(assets, series, clock)
    assert run["mouth"].outflow_m3_per_s == pytest.approx(turned, abs=1e-6)
    asked = user("town", "lower")
    ruled = simulate([*assets, asked], series | {("town", "demand_m3_per_s"): np.full(count, 1e3)}, clock, Rules())
    before = np.full(len(shares) - 1, flow[0])
    arrives = (1 - loss) * np.convolve(np.concatenate((before, flow)), shares)[len(before) : len(before) + count]
    assert ruled.delivered_hm3("town")[:, 0] == pytest.approx(arrives / HM3_PER_DAY, abs=1e-9)


@ten
def test_a_river_that_was_flowing_before_the_first_day(engine: Any, seed: int) -> None:
    """With the flows of the days before, the outflow is the plain convolution; a steady past leaves Muskingum's rule steady."""
    random = rolls(seed)
    count, lags = int(random.integers(1, 9)), int(random.integers(1, 5))
    shares = random.dirichlet(np.ones(lags + 1))
    shares = tuple(np.append(shares[:-1], 1.0 - shares[:-1].sum()))
    past, flow = random.uniform(0, 30, lags), random.uniform(0, 30, count)
    reach = Reach(
        id="reach", node_from="upper", node_to="lower", lag_share_fraction=shares, loss_of_inflow_fraction=0.1,
        past_inflow_m3_per_s=tuple(past),
    )  # fmt: skip
    others = [hills("upper"), RiverNode(id="upper"), RiverNode(id="lower"), Outlet(node="lower", **SEA)]
    clock = Clock.of_days(START, count)
    run = engine([reach, *others], {("hills", "inflow_m3_per_s"): flow}, clock)
    wanted = 0.9 * np.convolve(np.concatenate((past, flow)), shares)[lags : lags + count]
    assert run["mouth"].outflow_m3_per_s == pytest.approx(wanted, abs=1e-6)
    steady = Reach(
        id="reach", node_from="upper", node_to="lower", lag_share_fraction=(1.0,), loss_of_inflow_fraction=0.0,
        muskingum_time_h=30.0, muskingum_weight_fraction=0.2, past_inflow_m3_per_s=(float(past[0]),),
    )  # fmt: skip
    run = engine([steady, *others], {("hills", "inflow_m3_per_s"): np.full(count, past[0])}, clock)
    assert run["mouth"].outflow_m3_per_s == pytest.approx(past[0], abs=1e-6)


def test_a_past_of_another_length_is_refused() -> None:
    fields = {"id": "reach", "node_from": "a", "node_to": "b", "loss_of_inflow_fraction": 0.0}
    with pytest.raises(ValueError, match=r"each of the 2 days before .* got 1"):
        Reach(**fields, lag_share_fraction=(0.2, 0.3, 0.5), past_inflow_m3_per_s=(1.0,))


@ten
def test_storage_for_a_draft_is_that_of_the_sequent_peak(seed: int) -> None:
    """The store of the recursion over two turns of the series is enough for the draft, and a little less is not."""
    random = rolls(seed)
    inflow = random.gamma(0.8, 5.0, int(random.integers(6, 20)))
    draft = float(random.uniform(0.4, 0.95)) * float(inflow.mean())
    needed, run_dry = 0.0, 0.0
    for flow in np.tile(inflow, 2):
        run_dry = max(0.0, run_dry + draft - flow)
        needed = max(needed, run_dry)

    def firm(storage_hm3: float) -> float:
        demand = YieldDemand(
            id="user", node="lake", flow_max_m3_per_s=500.0, value_yuan_per_m3=1.0, steps_per_year_count=len(inflow)
        )
        dam = lake(None, curve_storage_hm3=(0.0, storage_hm3))
        series = given(len(inflow)) | {("user", "shape_ratio"): np.ones(len(inflow)), ("hills", "inflow_m3_per_s"): inflow}
        return best_yield([dam, *river(), hills("lake")], series, Clock.of_days(START, len(inflow)), demand).flow_m3_per_s

    storage = max(needed / HM3_PER_DAY, 1e-6)
    assert firm(storage * (1 + 1e-6)) >= draft * (1 - 1e-5)
    if needed > 1e-3:
        assert firm(0.95 * storage) < draft * (1 - 1e-5)
