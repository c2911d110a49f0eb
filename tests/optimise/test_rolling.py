"""Rolling windows on a small region with coal, dams, pumped storage and a quota."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yuqian.models.bus import Bus
from yuqian.models.clock import Clock, Floats, Horizon
from yuqian.models.coal_hub import CoalHub
from yuqian.models.coal_supply import CoalSupply
from yuqian.models.coal_transfer import CoalTransfer
from yuqian.models.coal_unit import AvailabilityOf, CoalUnit
from yuqian.models.coal_yard import CoalYard
from yuqian.models.commitment_law import Commitment
from yuqian.models.hydro_plant import HydroPlant
from yuqian.models.kind import Kind
from yuqian.models.load_profile import LoadProfile
from yuqian.models.port import Port
from yuqian.models.pumped_storage import PumpedStorage
from yuqian.models.reservoir import Reservoir
from yuqian.models.thermal_unit import ThermalUnit
from yuqian.optimise.answers import answers
from yuqian.optimise.assemble import Assembly, assemble
from yuqian.optimise.compile import compile_model
from yuqian.optimise.guide import Guide, Terminal, guide
from yuqian.optimise.program import Program
from yuqian.optimise.rolling import Rolled, Roller, RollingError, RollingPlan, Span, Window
from yuqian.optimise.rolling_store import WindowFiles
from yuqian.optimise.seams import Seams
from yuqian.optimise.solve import Outcome, Solution, SolverOptions, solve
from yuqian.optimise.tighten import relaxed
from yuqian.reports.audit import Audit, audit
from yuqian.reports.rolling import valued_ends
from yuqian.timeseries.foresight import Foresight

DAYS = 6
CLOCK = Clock.of_days(dt.date(2030, 3, 1), DAYS)
TIGHT = SolverOptions(gap_fraction=1e-4)
GAP = 2e-3
PERFECT = RollingPlan(2, 1, Foresight.PERFECT, gap_fraction=GAP)


def region(commitment: Commitment) -> list[Kind]:
    coal = CoalUnit.example().asset.model_copy(update={
        "water_node": None, "unit_count": 1, "unit_power_max_mw": 300.0, "must_run_fraction": 0.0, "ramp_fraction_per_h": 1.0,
        "time_up_minimum_h": 8.0, "time_down_minimum_h": 6.0, "start_lag_h": (6.0, 30.0), "start_cost_yuan": (40e3, 90e3),
        "start_fuel_tce": (20.0, 45.0), "initial_status_h": 20.0, "commitment": commitment,
        "availability_of": AvailabilityOf.POWER,
    })  # fmt: skip
    pumped = PumpedStorage.example().asset.model_copy(update={
        "water_node": None, "unit_count": 1, "unit_power_generate_mw": 90.0, "unit_power_pump_mw": 90.0,
        "energy_max_mwh": 400.0,
    })  # fmt: skip
    dam = Reservoir.example().asset.model_copy(update={"id": "dam"})
    hydro = HydroPlant.example().asset.model_copy(update={"reservoir": "dam"})
    yard = CoalYard.example().asset.model_copy(update={"stock_max_t": 20e3, "full_burn_t_per_day": 1200.0})
    rail = CoalSupply(id="rail", coal_hub="hub", train_t=3000.0, trains_max_per_day=2.0, price_yuan_per_t=700.0,
                      annual_max_t=800e3)  # fmt: skip
    return [
        coal, pumped, dam, hydro, yard, rail, CoalHub(id="hub"), Bus(id="bus", voltage_kv=220.0),
        CoalTransfer(id="haul", coal_from="hub", coal_to="yard", flow_max_t_per_day=9e3, cost_yuan_per_t=8.0),
        LoadProfile(id="load", bus="bus", shed_price_yuan_per_mwh=4000.0),
        Port.market("river", "m3_per_s", 1e5, 0.0), Port.to_open("dam", "m3_per_s", 4e5, 0.0),
        Port.to_open("bus", "mw", 500.0, 240.0),
    ]  # fmt: skip


def numbers() -> dict[tuple[str, str], Floats]:
    hour = np.arange(CLOCK.power.count)
    weekly = np.where(hour // 24 % 6 == 2, 0.6, 1.0)
    demand = weekly * (235.0 + 85.0 * np.sin((hour - 8) * np.pi / 12.0) + 25.0 * np.cos(hour / 31.0))
    return {
        ("load", "demand_mw"): demand, ("coal", "available_fraction"): np.full(len(hour), 0.93),
        ("dam", "evaporation_mm_per_day"): np.full(DAYS, 2.0), ("dam", "ecological_flow_m3_per_s"): np.full(DAYS, 3.0),
    }  # fmt: skip


def whole(commitment: Commitment) -> tuple[Assembly, Program, Solution]:
    assembly = assemble(region(commitment), numbers(), CLOCK)
    program = compile_model(assembly.model)
    solution = solve(program, TIGHT)
    assert solution.outcome is Outcome.OPTIMAL
    return assembly, program, solution


def judged(rolled: Rolled) -> Audit:
    found = answers(rolled.assembly, rolled.program, rolled.as_solution(0.0))
    for (owner, name), values in rolled.openings.items():
        found[owner]._arrays[name] = values  # type: ignore[index]
    return audit(rolled.assembly.assets, found, CLOCK, rolled.cost_yuan, Horizon.WINDOW)


def rolled(commitment: Commitment, plan: RollingPlan, found: Guide) -> Rolled:
    return Roller.of(region(commitment), numbers(), CLOCK, found, plan, TIGHT).run()


@pytest.fixture(scope="module")
def guiding() -> tuple[Assembly, Program, Solution, Guide]:
    assembly, program, solution = whole(Commitment.RELAXED)
    return assembly, program, solution, guide(assembly, program, solution)


@pytest.mark.parametrize("commitment", [Commitment.RELAXED, Commitment.INTEGER])
def test_one_full_window_equals_the_whole(commitment: Commitment) -> None:
    assembly, program, solution = whole(commitment)
    relaxed = whole(Commitment.RELAXED)
    found = guide(*relaxed)
    energy = Seams(assembly)
    assert solution.x is not None
    # The whole may choose what a cyclic stock begins with; the window is given the same.
    openings = dict(found.openings)
    for one in energy.carried:
        if one.opening is None and (one.comes_round or not one.is_free):
            values = energy.values(one, program, solution.x, np.asarray(one.over))
            openings |= {(one.owner, param): values for param in one.params}
            track = found.tracks[one.key]
            object.__setattr__(track, "closing", values)
    exact = Guide(found.clock, found.cost_yuan, found.tracks, openings)
    answer = rolled(commitment, RollingPlan(DAYS, 0, Foresight.PERFECT, gap_fraction=1e-4), exact)
    assert len(answer.windows) == 1
    judged(answer).require()
    assert answer.cost_yuan == pytest.approx(solution.objective_yuan, rel=1e-6 if commitment is Commitment.RELAXED else 3e-4)


@pytest.mark.parametrize("terminal", list(Terminal))
def test_windows_are_audited_and_cost_no_less_than_perfect_foresight(
    terminal: Terminal, guiding: tuple[Assembly, Program, Solution, Guide]
) -> None:
    found = guiding[-1]
    plan = RollingPlan(2, 1, Foresight.FORECAST, terminal, gap_fraction=GAP)
    answer = rolled(Commitment.INTEGER if terminal is Terminal.VALUE else Commitment.RELAXED, plan, found)
    assert [(w.span.first_day, w.span.keep_days) for w in answer.windows] == [(0, 2), (2, 1), (3, 3)]
    result = judged(answer)
    result.require()
    lacking = sum(yuan for _, _, yuan in valued_ends(found, result.ends))
    assert answer.cost_yuan + lacking >= found.cost_yuan * (1 - 1e-6)
    assert all(window.gap_fraction <= 1.01 * GAP for window in answer.windows)
    if terminal is not Terminal.NOTHING:
        assert answer.cost_yuan + lacking <= found.cost_yuan * 1.1


def test_worthless_ends_cost_more_than_valued_ones(guiding: tuple[Assembly, Program, Solution, Guide]) -> None:
    found = guiding[-1]

    def cost(terminal: Terminal) -> float:
        answer = rolled(Commitment.RELAXED, RollingPlan(1, 0, Foresight.PERFECT, terminal), found)
        ends = judged(answer).ends
        return answer.cost_yuan + sum(yuan for _, _, yuan in valued_ends(found, ends))

    assert cost(Terminal.VALUE) < cost(Terminal.NOTHING)


def test_the_audit_sees_a_jump_at_a_seam(guiding: tuple[Assembly, Program, Solution, Guide]) -> None:
    """Nothing is repaired on the way: a level that is not what the window before handed on fails the audit."""
    answer = rolled(Commitment.RELAXED, PERFECT, guiding[-1])
    family = answer.program.layout.by_column_name["pumped", "energy_mwh"]
    jumped = answer.x.copy()
    jumped[family.start + 1 + 2 * 24 :] += 1.0
    spoilt = Rolled(answer.assembly, answer.program, jumped, answer.prices, answer.openings, answer.windows)
    assert judged(answer).passes
    assert not judged(spoilt).passes


def test_what_was_handed_on_is_what_the_next_window_opens_with(guiding: tuple[Assembly, Program, Solution, Guide]) -> None:
    roller = Roller.of(region(Commitment.INTEGER), numbers(), CLOCK, guiding[-1], PERFECT, TIGHT)
    first, second = roller.plan.spans(DAYS)[:2]
    window = roller.solve(first, roller.first_openings)
    program = roller.program_of(second, window.opens_next)
    after = roller.solve(second, window.opens_next)
    names = roller.program.layout.by_column_name
    for name, kept in (("coal.online_count", 48), ("pumped.energy_mwh", 48), ("dam.storage_hm3", 2)):
        family = names[tuple(name.split("."))]  # type: ignore[index]
        ended = window.x[family.start - family.first + kept - 1]
        assert after.x[family.start - family.first - 1] == pytest.approx(ended, abs=1e-6)
    starts = names["coal", "start_count"]
    before = window.x[starts.start + kept_hours(first) : starts.start - starts.first + 48]
    assert after.x[starts.start : starts.start - starts.first] == pytest.approx(before)
    used = window.opens_next["rail", "opening_contract_t"]
    assert 0.0 <= float(np.ravel(used)[0]) < float(np.ravel(roller.first_openings["rail", "opening_contract_t"])[0])
    assert program.column_count == roller.program.column_count


def kept_hours(span: object) -> int:
    return 24 * span.keep_days  # type: ignore[attr-defined, no-any-return]


def test_a_run_that_was_stopped_goes_on_to_the_same_answer(
    guiding: tuple[Assembly, Program, Solution, Guide], tmp_path: Path
) -> None:
    class Killed(Exception):
        pass

    def kill(window: Window, count: int) -> None:
        if window.span.number == 1:
            raise Killed

    found = guiding[-1]
    files = WindowFiles.of(tmp_path, "one run")
    files.save_guide(found)
    roller = Roller.of(region(Commitment.RELAXED), numbers(), CLOCK, found, PERFECT, TIGHT)
    at_once = roller.run()
    with pytest.raises(Killed):
        roller.run(files, kill)
    kept = files.load_guide(CLOCK)
    assert kept is not None
    solved: list[int] = []
    resumed = Roller.of(region(Commitment.RELAXED), numbers(), CLOCK, kept, PERFECT, TIGHT)
    solve_one = resumed.solve

    def counting(span: Span, openings: Mapping[tuple[str, str], Floats], basis: object) -> Window:
        solved.append(span.number)
        return solve_one(span, openings, basis)  # type: ignore[arg-type]

    object.__setattr__(resumed, "solve", counting)
    again = resumed.run(files)
    assert solved == [2]
    assert np.array_equal(again.x, at_once.x)
    assert again.cost_yuan == at_once.cost_yuan
    for name, price in at_once.prices.items():
        assert np.array_equal(again.prices[name].values, price.values)
    assert WindowFiles.of(tmp_path, "another run").load(roller.plan.spans(DAYS)[0]) is None
    (tmp_path / "window_0000.npz").write_bytes((tmp_path / "window_0001.npz").read_bytes())
    assert files.load(roller.plan.spans(DAYS)[0]) is None


def test_an_opening_that_nothing_gives_is_refused_by_name(guiding: tuple[Assembly, Program, Solution, Guide]) -> None:
    found = guiding[-1]
    bare = Guide(found.clock, found.cost_yuan, found.tracks, {})
    with pytest.raises(RollingError, match=r"pumped\.energy_mwh"):
        rolled(Commitment.RELAXED, PERFECT, bare)


@pytest.mark.parametrize(("owner", "name", "step"), [("dam", "storage_hm3", 0.01), ("yard", "stock_t", 10.0)])
def test_the_guide_prices_stocks_as_finite_differences_do(
    owner: str, name: str, step: float, guiding: tuple[Assembly, Program, Solution, Guide]
) -> None:
    """The rest of the horizon, opened with a little more and a little less: what that saves is the price at the seam."""
    assembly, program, solution, found = guiding
    assert solution.x is not None
    day = 2
    price = float(found.tracks[f"{owner}.{name}"].price[0, day])
    rest_clock = Clock.of_days(dt.date(2030, 3, 1 + day), DAYS - day)
    rest = {key: values[(day if len(values) == DAYS else day * 24) :] for key, values in numbers().items()}
    part = assemble(region(Commitment.RELAXED), rest, rest_clock, Horizon.WINDOW, ends_valued=True)
    opened = Seams(assembly).handed_on(program, solution.x, found.openings, day)
    ends = {}
    for one in part.steps.carried:
        if one.key in found.tracks:
            ends |= found.ends(one.key, DAYS, Terminal.VALUE)
    base = compile_model(part.model).with_series({**opened, **ends})
    costs = []
    for change in (-step, 0.0, step):
        moved = base.with_series({(owner, f"opening_{name}"): np.ravel(opened[owner, f"opening_{name}"]) + change})
        costs.append(solve(moved, TIGHT).objective_yuan)
    more, less = (costs[1] - costs[2]) / step, (costs[0] - costs[1]) / step
    assert more - 1e-3 * abs(more) - 1e-6 <= price <= less + 1e-3 * abs(less) + 1e-6
    assert price > 0.0


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(1, 400), st.integers(1, 40), st.integers(0, 20))
def test_windows_cover_every_day_once(days: int, keep: int, ahead: int) -> None:
    spans = RollingPlan(keep, ahead).spans(days)
    kept = np.concatenate([np.arange(span.first_day, span.first_day + span.keep_days) for span in spans])
    assert np.array_equal(kept, np.arange(days))
    assert len({span.days for span in spans}) == 1
    assert spans[-1].first_day + spans[-1].days == days
    assert all(0 < span.keep_days <= span.days for span in spans)


def test_limits_by_step_hold_in_every_window() -> None:
    """A unit whose limits somebody gave by step, over the whole horizon, is rolled through like any other."""
    hours, days = 4 * 24, 4
    clock = Clock.of_days(dt.date(2030, 3, 1), days)
    fixed = tuple(int(20 <= hour < 40 or 50 <= hour < 90) for hour in range(hours))
    unit = ThermalUnit.example().asset.model_copy(update={
        "reserve": None, "commitment": Commitment.INTEGER, "initial_status_h": -9.0, "initial_power_mw": 0.0,
        "online_min_by_step_count": fixed, "online_max_by_step_count": fixed,
        "power_max_by_step_mw": tuple(300.0 if hour < 60 else 180.0 for hour in range(hours)),
    })  # fmt: skip
    assets = [unit, Port.market("bus", "mw", 900.0, 400.0)]
    assembly = assemble(assets, {}, clock)
    program = compile_model(assembly.model)
    solution = solve(program, TIGHT)
    loose = solve(relaxed(program), TIGHT)
    found = guide(assembly, relaxed(program), loose)
    plan = RollingPlan(1, 1, Foresight.PERFECT)
    answer = Roller.of(assets, {}, clock, found, plan, TIGHT).run()
    family = answer.program.layout.by_column_name["thermal", "online_count"]
    online = answer.x[family.start - family.first : family.stop]
    assert len(answer.windows) == days - 1
    assert online == pytest.approx(fixed)
    assert answer.cost_yuan >= solution.objective_yuan - 1e-4 * abs(solution.objective_yuan)
    short = unit.model_copy(update={"online_max_by_step_count": fixed[:-1]})
    with pytest.raises(ValueError, match=r"online_max_by_step_count gives 95 values for a horizon of 96 steps"):
        Roller.of([short, assets[1]], {}, clock, found, plan, TIGHT)
