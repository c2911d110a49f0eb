"""No rolling answer costs less than the bound: what is left at the end is not free, and bounds by parts are bounds."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
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
from yuqian.models.outlet import Outlet
from yuqian.models.port import Port
from yuqian.models.pumped_storage import PumpedStorage
from yuqian.models.reach import Reach
from yuqian.models.reservoir import Reservoir
from yuqian.models.river_node import RiverNode
from yuqian.optimise.answers import answers
from yuqian.optimise.assemble import Assembly, assemble
from yuqian.optimise.coarse_guide import CoarseGuide
from yuqian.optimise.compile import compile_model
from yuqian.optimise.dive import solve_whole
from yuqian.optimise.guide import Guide, Terminal, guide
from yuqian.optimise.priced_start import averaged, coarser, estimated_prices, solve_from_prices
from yuqian.optimise.program import Program
from yuqian.optimise.rolling import Rolled, Roller, RollingPlan
from yuqian.optimise.solve import Outcome, Solution, SolverOptions, solve
from yuqian.optimise.tighten import relaxed
from yuqian.optimise.time_split import SplitError, bound_by_parts
from yuqian.reports.audit import Audit, audit
from yuqian.reports.rolling import valued_ends
from yuqian.timeseries.foresight import Foresight

DAYS = 5
CLOCK = Clock.of_days(dt.date(2030, 3, 1), DAYS)
TIGHT = SolverOptions(gap_fraction=1e-5)
SEASONS = [(315, 6, 94, 4), (367, 6, 96, 2), (414, 8, 100, 2), (451, 6, 96, 2), (459, 4, 90, 4)]
"""Seed, month, days and power steps a day of seasons in which prices and costs cancel but for rounding."""
Numbers = dict[tuple[str, str], Floats]


@dataclass(frozen=True)
class Case:
    """A small region in a spell of weather."""

    commitment: Commitment
    seed: int
    clock: Clock = CLOCK

    def region(self) -> list[Kind]:
        coal = CoalUnit.example().asset.model_copy(update={
            "water_node": None, "unit_count": 1, "unit_power_max_mw": 300.0, "must_run_fraction": 0.0,
            "ramp_fraction_per_h": 1.0, "time_up_minimum_h": 6.0, "time_down_minimum_h": 4.0, "start_cost_yuan": (40e3,),
            "commitment": self.commitment, "availability_of": AvailabilityOf.POWER,
        })  # fmt: skip
        pumped = PumpedStorage.example().asset.model_copy(update={
            "water_node": None, "unit_count": 2, "unit_power_generate_mw": 60.0, "unit_power_pump_mw": 60.0,
            "energy_max_mwh": 400.0, "commitment": self.commitment, "start_cost_yuan": 3e3, "generate_min_fraction": 0.4,
        })  # fmt: skip
        dam = Reservoir.example().asset.model_copy(update={"id": "dam", "downstream": "bend"})
        hydro = HydroPlant.example().asset.model_copy(update={"reservoir": "dam", "downstream": "bend"})
        yard = CoalYard.example().asset.model_copy(update={"stock_max_t": 20e3, "full_burn_t_per_day": 1200.0})
        rail = CoalSupply(id="rail", coal_hub="hub", train_t=3000.0, trains_max_per_day=2.0, price_yuan_per_t=700.0,
                          annual_max_t=800e3, lead_time_days=2)  # fmt: skip
        return [
            coal, pumped, dam, hydro, yard, rail, CoalHub(id="hub"), Bus(id="bus", voltage_kv=220.0),
            RiverNode(id="bend"), RiverNode(id="gorge"), RiverNode(id="mouth"),
            Reach(id="upper", node_from="bend", node_to="gorge", lag_share_fraction=(0.2, 0.5, 0.3),
                  loss_of_inflow_fraction=0.0),
            Reach(id="lower", node_from="gorge", node_to="mouth", lag_share_fraction=(1.0,), loss_of_inflow_fraction=0.0,
                  muskingum_time_h=24.0),
            Outlet(id="outlet", node="mouth", flow_min_m3_per_s=12.0, shortage_price_yuan_per_m3=5.0),
            CoalTransfer(id="haul", coal_from="hub", coal_to="yard", flow_max_t_per_day=9e3, cost_yuan_per_t=8.0),
            LoadProfile(id="load", bus="bus", shed_price_yuan_per_mwh=4000.0),
            Port.to_open("mouth", "m3_per_s", 1e7, 0.0), Port.to_open("dam", "m3_per_s", 4e5, 0.0),
            Port.to_open("bus", "mw", 500.0, 240.0),
        ]  # fmt: skip

    def numbers(self) -> Numbers:
        rng, hour = np.random.default_rng(self.seed), np.arange(self.clock.power.count)
        demand = 235.0 + 85.0 * np.sin((hour - 8) * np.pi / 12.0) + 25.0 * rng.standard_normal(len(hour))
        return {
            ("load", "demand_mw"): np.maximum(demand * rng.uniform(0.7, 1.2), 0.0),
            ("coal", "available_fraction"): np.full(len(hour), 0.93),
            ("dam", "evaporation_mm_per_day"): rng.uniform(0.0, 4.0, self.clock.water.count),
            ("dam", "ecological_flow_m3_per_s"): rng.uniform(0.0, 2.0, self.clock.water.count),
        }

    def whole(self) -> tuple[Assembly, Program, Solution]:
        """The linear program by the hour, and its optimum."""
        loose = Case(Commitment.RELAXED, self.seed)
        assembly = assemble(loose.region(), self.numbers(), CLOCK)
        program = compile_model(assembly.model)
        solution = solve(program, TIGHT)
        assert solution.outcome is Outcome.OPTIMAL
        return assembly, program, solution

    def guide(self) -> Guide:
        """Its guide, whose cost is the bound."""
        return guide(*self.whole())

    def coarse(self, per_day: int) -> Guide:
        """The guide of some steps a day, whose bound is by parts of two days."""
        return CoarseGuide.of(self.region(), self.numbers(), CLOCK, TIGHT, per_day=per_day).bounded((1, 2), TIGHT)

    def rolled(self, found: Guide, terminal: Terminal, keep_days: int = 2) -> Rolled:
        plan = RollingPlan(keep_days, 1, Foresight.PERFECT, terminal, gap_fraction=5e-3)
        return Roller.of(self.region(), self.numbers(), CLOCK, found, plan, TIGHT).run()


def judged(rolled: Rolled) -> Audit:
    found = answers(rolled.assembly, rolled.program, rolled.as_solution(0.0))
    for (owner, name), values in rolled.openings.items():
        found[owner]._arrays[name] = values  # type: ignore[index]
    result = audit(rolled.assembly.assets, found, CLOCK, rolled.cost_yuan, Horizon.WINDOW)
    result.require()
    return result


@settings(max_examples=6, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 10_000), st.sampled_from(list(Terminal)))
def test_no_way_of_ending_costs_less_than_the_bound(seed: int, terminal: Terminal) -> None:
    not_below_the_bound(Case(Commitment.RELAXED, seed), terminal)


def test_whole_units_cost_no_less_than_the_bound() -> None:
    not_below_the_bound(Case(Commitment.INTEGER, 3), Terminal.VALUE)


@settings(max_examples=5, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 10_000), st.sampled_from([4, 8, 24]))
def test_no_rolling_answer_costs_less_than_the_bound_by_parts(seed: int, per_day: int) -> None:
    case = Case(Commitment.RELAXED, seed)
    found = case.coarse(per_day)
    assert found.cost_yuan <= case.whole()[2].objective_yuan * (1 + 1e-9) + 1.0
    not_below_the_bound(case, Terminal.VALUE, found)


def test_whole_units_guided_in_coarse_steps_come_near_the_bound() -> None:
    case = Case(Commitment.INTEGER, 3)
    found = case.coarse(8)
    rolled = not_below_the_bound(case, Terminal.VALUE, found)
    assert rolled.cost_yuan <= 1.1 * found.cost_yuan


@pytest.mark.parametrize("lengths", [(1,), (2,), (5,), (1, 2), (1, 2, 4)])
def test_the_duals_of_the_whole_bound_it_exactly_by_parts(lengths: tuple[int, ...]) -> None:
    _, program, solution = Case(Commitment.RELAXED, 3).whole()
    assert solution.row_dual is not None
    bound = bound_by_parts(program, CLOCK, solution.row_dual, lengths, TIGHT)
    assert bound.parts == -(-DAYS // lengths[-1])
    assert bound.yuan == pytest.approx(solution.objective_yuan, rel=1e-7)


def test_parts_joined_to_the_whole_are_solved_to_its_optimum() -> None:
    """From poor prices: those of all rows that tied the parts are found, and of what has no step too."""
    _, program, solution = Case(Commitment.RELAXED, 3).whole()
    assert solution.row_dual is not None
    short = bound_by_parts(program, CLOCK, 0.9 * solution.row_dual, (2,), TIGHT)
    joined = bound_by_parts(program, CLOCK, 0.9 * solution.row_dual, (2, 2 * DAYS), TIGHT)
    assert short.yuan < joined.yuan - 1.0
    assert joined.parts == 1
    assert joined.yuan == pytest.approx(solution.objective_yuan, rel=1e-7)
    assert program.cost @ joined.x + program.offset == pytest.approx(solution.objective_yuan, rel=1e-7)
    assert joined.column_dual == pytest.approx(program.cost - program.matrix.T @ joined.row_dual, abs=1e-6)
    lower, upper = program.column_bounds
    assert np.all((joined.x >= lower - 1e-6) & (joined.x <= upper + 1e-6))
    found = joined.as_solution()
    assert found.largest_infeasibility <= 1e-6
    assert found.log.count("Model status") == 4
    again = solve(program, TIGHT.from_basis, start=found.basis)
    assert again.iterations <= 3
    assert again.objective_yuan == pytest.approx(solution.objective_yuan, rel=1e-7)


@pytest.mark.parametrize(("seed", "month", "days", "per_day"), SEASONS)
def test_a_season_joined_of_fortnights_keeps_its_rows(seed: int, month: int, days: int, per_day: int) -> None:
    """Where prices and costs cancel but for rounding, which the solver took for costs: rows at the seams broke by tons."""
    full = Clock.of_days(dt.date(2030, month, 1), days)
    case = Case(Commitment.RELAXED if seed % 2 == 0 else Commitment.NONE, seed, full)
    kinds, clock = tuple(sorted(case.region(), key=lambda asset: asset.id)), coarser(full, per_day)
    assembly = assemble(kinds, averaged(kinds, case.numbers(), full, per_day), clock)
    program = compile_model(assembly.model)
    prices = estimated_prices(program, assembly.assets, assembly.series, clock, TIGHT)
    found = solve_from_prices(program, prices, clock, TIGHT)
    assert found.x is not None
    activity = program.matrix @ found.x
    assert np.maximum(program.row_lower - activity, activity - program.row_upper).max() < 1e-5
    assert program.cost @ found.x + program.offset == pytest.approx(found.objective_yuan, rel=1e-9)


def test_the_guide_joined_of_parts_is_that_of_the_whole() -> None:
    """Same cost, and a path that the windows follow to within it."""
    case = Case(Commitment.RELAXED, 3)
    whole = case.guide()
    joined = CoarseGuide.of(case.region(), case.numbers(), CLOCK, TIGHT, per_day=8).joined((1, 2), TIGHT)
    assert joined.cost_yuan == pytest.approx(whole.cost_yuan, rel=1e-7)
    assert joined.tracks.keys() == whole.tracks.keys()
    alone = case.rolled(joined, Terminal.VALUE, DAYS)
    assert alone.cost_yuan == pytest.approx(whole.cost_yuan, rel=1e-7)


def test_only_what_was_joined_to_one_part_has_an_optimum() -> None:
    _, program, solution = Case(Commitment.RELAXED, 3).whole()
    assert solution.row_dual is not None
    with pytest.raises(ValueError, match="joined to one part"):
        bound_by_parts(program, CLOCK, solution.row_dual, (2,), TIGHT).as_solution()


def test_lengths_that_do_not_join_are_refused() -> None:
    _, program, solution = Case(Commitment.RELAXED, 3).whole()
    assert solution.row_dual is not None
    with pytest.raises(ValueError, match="cannot be joined"):
        bound_by_parts(program, CLOCK, solution.row_dual, (2, 3), TIGHT)


def test_cuts_raise_the_bound_of_whole_units_and_keep_it_one() -> None:
    """Against the optimum of the mixed-integer program itself."""
    case = Case(Commitment.INTEGER, 3)
    program = compile_model(assemble(case.region(), case.numbers(), CLOCK).model)
    loose = solve(relaxed(program), TIGHT)
    assert loose.row_dual is not None
    whole = solve_whole(program, replace(TIGHT, gap_fraction=1e-4))
    linear = bound_by_parts(relaxed(program), CLOCK, loose.row_dual, (2,), TIGHT)
    cut = bound_by_parts(program, CLOCK, loose.row_dual, (2,), TIGHT)
    assert linear.yuan + 1.0 < cut.yuan <= whole.objective_yuan * (1 + 1e-9)


@settings(max_examples=10, deadline=None, derandomize=True)
@given(st.integers(0, 10_000), st.floats(0.0, 1.0))
def test_other_prices_bound_it_too(seed: int, share: float) -> None:
    """Shares of the duals, each its own, and signs that do not fit: never above the optimum, or refused."""
    _, program, solution = Case(Commitment.RELAXED, 3).whole()
    assert solution.row_dual is not None
    factors = np.random.default_rng(seed).uniform(1.0 - share, 1.0 + 0.1 * share, program.row_count)
    try:
        bound = bound_by_parts(program, CLOCK, factors * solution.row_dual, (1, 2), TIGHT)
    except SplitError:
        return
    assert bound.yuan <= solution.objective_yuan * (1 + 1e-9) + 1e-3


def test_prices_at_which_something_earns_without_limit_are_refused() -> None:
    _, program, _ = Case(Commitment.RELAXED, 3).whole()
    with pytest.raises(SplitError, match=r"part|earn"):
        bound_by_parts(program, CLOCK, np.full(program.row_count, 1e6), (1,), TIGHT)


def not_below_the_bound(case: Case, terminal: Terminal, found: Guide | None = None) -> Rolled:
    found = case.guide() if found is None else found
    rolled = case.rolled(found, terminal)
    ends = valued_ends(found, judged(rolled).ends)
    missing = sum(yuan for _, _, yuan in ends)
    assert rolled.cost_yuan + missing >= found.cost_yuan - 1e-6 * abs(found.cost_yuan) - 1.0
    return rolled


def test_what_is_left_out_of_the_ends_would_pass_for_a_saving() -> None:
    """The values are needed: one window over all, without those of what comes round, costs less than the bound."""
    case = Case(Commitment.RELAXED, 3)
    found = case.guide()
    round_again = {key for key, track in found.tracks.items() if track.comes_round}
    assert round_again == {
        "upper.inflow_m3_per_s", "lower.inflow_m3_per_s", "lower.outflow_m3_per_s", "rail.dispatch_t_per_h",
        "pumped.generating_count", "pumped.pumping_count",
    }  # fmt: skip
    bare = Guide(found.clock, found.cost_yuan, {k: t for k, t in found.tracks.items() if k not in round_again}, found.openings)
    emptied, complete = (case.rolled(one, Terminal.VALUE, DAYS) for one in (bare, found))
    ends = judged(emptied).ends
    assert emptied.cost_yuan + sum(yuan for _, _, yuan in valued_ends(bare, ends)) < found.cost_yuan - 100.0
    assert emptied.cost_yuan + sum(yuan for _, _, yuan in valued_ends(found, ends)) >= found.cost_yuan - 1.0
    assert complete.cost_yuan == pytest.approx(found.cost_yuan, rel=1e-7)


@pytest.mark.parametrize("lag", [-2, -1])
def test_water_on_its_way_is_priced_as_finite_differences_do(lag: int) -> None:
    """The whole with one more unit under way at its end than at its beginning costs as much more as the guide says."""
    case = Case(Commitment.RELAXED, 3)
    assembly, program, solution = case.whole()
    found = guide(assembly, program, solution)
    row = next(f for f in program.layout.rows if (f.owner, f.name) == ("upper", f"inflow_m3_per_s_{-lag}_before_as_at_the_end"))
    costs = []
    for change in (-0.01, 0.0, 0.01):
        low, high = program.row_lower.copy(), program.row_upper.copy()
        low[row.start] -= change
        high[row.start] -= change
        moved = replace(program, row_lower=low, row_upper=high)
        costs.append(solve(moved, TIGHT).objective_yuan)
    less, more = (costs[1] - costs[0]) / 0.01, (costs[2] - costs[1]) / 0.01
    price = found.missing_yuan("upper.inflow_m3_per_s", 1.0, lag)
    assert less - 1e-3 * abs(less) - 1e-3 <= price <= more + 1e-3 * abs(more) + 1e-3
