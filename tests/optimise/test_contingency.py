"""N-1: screening against cases that can be worked out, and a secured dispatch against one with all outages written out."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.optimize import linprog

from yuqian.models.bus import Bus
from yuqian.models.clock import Clock, Floats
from yuqian.models.kind import Kind
from yuqian.models.line import Line
from yuqian.models.load_profile import LoadProfile
from yuqian.models.renewable_profile import RenewableProfile
from yuqian.optimise.answers import answers
from yuqian.optimise.assemble import Assembly, assemble
from yuqian.optimise.compile import compile_model
from yuqian.optimise.contingency import Secured, every_row, loadings, screen, secure
from yuqian.optimise.lp_text import lp_text
from yuqian.optimise.power_flow import Network
from yuqian.optimise.program import Program
from yuqian.optimise.solve import Outcome, Solution, solve
from yuqian.reports.audit import audit
from yuqian.reports.security import audit_security

STEPS = 6
CLOCK = Clock.of_days(dt.date(2030, 1, 1), 1, hours_per_day=STEPS)
Plants = dict[str, tuple[str, float, float]]


def line(name: str, bus_from: str, bus_to: str, reactance_pu: float | None = 0.01, **fields: Any) -> Line:
    given: dict[str, Any] = {"power_max_mw": 1000.0, "loss_fraction": 0.0, **fields}
    return Line(id=name, bus_from=bus_from, bus_to=bus_to, reactance_pu=reactance_pu, **given)


def solved(lines: list[Line], plants: Plants, loads: dict[str, Any]) -> tuple[Assembly, Program, Solution]:
    buses = sorted({bus for one in lines for bus in (one.bus_from, one.bus_to)})
    assets: list[Kind] = [*lines, *(Bus(id=bus, voltage_kv=220.0) for bus in buses)]
    series: dict[tuple[str, str], Floats] = {}
    for name, (bus, rated, price) in plants.items():
        assets.append(RenewableProfile(id=name, bus=bus, rated_mw=rated, variable_cost_yuan_per_mwh=price))
        series[name, "lowest_mw"], series[name, "highest_mw"] = np.zeros(STEPS), np.full(STEPS, rated)
    for bus, demand in loads.items():
        assets.append(LoadProfile(id=f"load_{bus}", bus=bus))
        series[f"load_{bus}", "demand_mw"] = np.broadcast_to(np.asarray(demand, dtype=float), STEPS)
    assembly = assemble(assets, series, CLOCK)
    program = compile_model(assembly.model)
    return assembly, program, solve(program)


def audited(assembly: Assembly, found: Secured) -> None:
    answer = answers(assembly, found.program, found.solution)
    audit(assembly.assets, answer, CLOCK, found.solution.objective_yuan).require()
    assert all(finding.relative < 1e-6 for finding in audit_security(assembly.assets, answer))


def test_two_lines_keep_room_for_each_other() -> None:
    """Two equal lines of 100 MW that may carry 120 MW in an emergency: after one is out the other has all of the flow."""
    pair = [line(name, "one", "two", power_max_mw=100.0, power_emergency_max_mw=120.0) for name in ("left", "right")]
    demand = np.array([80.0, 200.0, 120.0, 200.0, 121.0, 0.0])
    assembly, program, solution = solved(pair, {"cheap": ("one", 500.0, 100.0), "dear": ("two", 500.0, 300.0)}, {"two": demand})
    found = secure(assembly, program, solution)
    assert found.first.screened == 2 * STEPS
    assert [(one.line, one.outage, one.steps_over) for one in found.first.violated] == [
        ("left", "right", 3),
        ("right", "left", 3),
    ]
    assert found.first.pairs[0].worst_mw == pytest.approx(200.0)
    assert found.added == (6,)
    assert found.is_secure
    kept = np.minimum(demand, 120.0)
    assert found.solution.objective_yuan == pytest.approx((kept * 100 + (demand - kept) * 300).sum())
    audited(assembly, found)
    duals = found.program.row_duals(found.solution.row_dual, found.solution.column_dual, found.solution.x)
    worth = duals["left", "without_right"] + duals["right", "without_left"]
    # A MW more after the outage is a MW more of cheap power; hours that were never overloaded have no row and no price.
    assert worth == pytest.approx([0.0, -200.0, 0.0, -200.0, -200.0, 0.0])
    assert "left.without_right(3)" in lp_text(found.program)


def test_of_several_circuits_an_outage_takes_one() -> None:
    """Three circuits of 300 MW in all, alone between two buses: with two left 200 MW get through, and no bus is cut off."""
    three = line("three", "one", "two", power_max_mw=300.0, circuit_count=3)
    assembly, program, solution = solved(
        [three], {"cheap": ("one", 500.0, 100.0), "dear": ("two", 500.0, 300.0)}, {"two": 280.0}
    )
    found = secure(assembly, program, solution)
    assert not found.first.islands
    assert [(one.line, one.outage, one.limit_mw) for one in found.first.pairs] == [("three", "three", pytest.approx(200.0))]
    assert found.first.pairs[0].worst_mw == pytest.approx(280.0)
    assert found.solution.objective_yuan == pytest.approx(STEPS * (200 * 100 + 80 * 300))
    audited(assembly, found)


def test_outages_that_cut_buses_off_are_named_not_screened() -> None:
    lines = [line("ring_1", "a", "b"), line("ring_2", "b", "c"), line("ring_3", "c", "a"), line("spur", "c", "d")]
    lines.append(line("converter", "a", "d", None, power_max_mw=20.0))
    assembly, program, solution = solved(lines, {"plant": ("a", 500.0, 100.0)}, {"d": 90.0})
    found = secure(assembly, program, solution)
    assert found.first.islands == {"spur": frozenset({"d"})}
    assert {pair.outage for pair in found.first.pairs} == {"ring_1", "ring_2", "ring_3"}
    # No outage in the ring moves the flow of the spur.
    assert {pair.line for pair in found.first.pairs} == {"ring_1", "ring_2", "ring_3"}
    assert found.added == ()
    assert found.is_secure


def test_what_no_dispatch_can_secure_is_infeasible() -> None:
    pair = [line(name, "one", "two", power_max_mw=100.0) for name in ("left", "right")]
    assembly, program, solution = solved(pair, {"cheap": ("one", 500.0, 100.0)}, {"two": 150.0})
    assert solution.outcome is Outcome.OPTIMAL
    found = secure(assembly, program, solution)
    assert found.solution.outcome is Outcome.INFEASIBLE
    assert not found.is_secure
    assert found.added == (2 * STEPS,)


def test_the_security_audit_notices_an_overload() -> None:
    pair = [line(name, "one", "two", power_max_mw=100.0) for name in ("left", "right")]
    assembly, program, solution = solved(pair, {"cheap": ("one", 500.0, 100.0)}, {"two": 150.0})
    findings = audit_security(assembly.assets, answers(assembly, program, solution))
    assert {finding.owner for finding in findings if finding.residual > 1.0} == {"left", "right"}
    assert max(finding.residual for finding in findings) == pytest.approx(50.0)


def grid(seed: int) -> tuple[list[Line], Plants, dict[str, Any]]:
    draw = random.Random(seed)
    ends = [(k, draw.randrange(k)) for k in range(1, 6)] + [tuple(draw.sample(range(6), 2)) for _ in range(5)]
    lines = []
    for k, (a, b) in enumerate(ends):
        rated = draw.uniform(50.0, 120.0)
        lossy = {"loss_fraction": 0.01} if k == 3 else {}
        lines.append(
            line(
                f"line_{k:02d}", f"bus_{a}", f"bus_{b}", draw.uniform(0.005, 0.05), power_max_mw=rated,
                power_emergency_max_mw=1.1 * rated, phase_shift_deg=draw.choice([0.0, 0.0, 0.3]),
                circuit_count=draw.choice([1, 1, 2, 3]), **lossy,
            )
        )  # fmt: skip
    plants = {f"plant_{k}": (f"bus_{k}", 250.0, 100.0 + 40.0 * draw.random() * k) for k in range(6)}
    return lines, plants, {f"bus_{k}": np.array([draw.uniform(20, 70) for _ in range(STEPS)]) for k in range(6)}


@pytest.mark.parametrize("seed", range(8))
def test_the_secured_optimum_is_that_with_all_outages_written_out(seed: int) -> None:
    assembly, program, solution = solved(*grid(seed))
    assert solution.outcome is Outcome.OPTIMAL
    found = secure(assembly, program, solution)
    network = Network.of(assembly.assets)
    rows = every_row(network, program, STEPS)
    whole = solve(program.with_rows(rows))
    assert whole.outcome is found.solution.outcome
    if whole.outcome is Outcome.OPTIMAL:
        assert found.is_secure
        assert found.solution.objective_yuan == pytest.approx(whole.objective_yuan, rel=1e-8)
        assert sum(found.added) < sum(len(one.steps) for one in rows)
        audited(assembly, found)


def test_most_of_those_grids_bind_and_can_be_secured() -> None:
    """What the test above compares is not empty."""
    found = [secure(*solved(*grid(seed))) for seed in range(8)]
    assert sum(one.is_secure and sum(one.added) > 0 for one in found) >= 3


def by_angles(lines: list[Line], plants: Plants, loads: dict[str, Any], step: int) -> float:
    """A secured hour by angles: one set of flows and angles for the whole network and one for every outage."""
    buses, network = sorted(loads), Network.of(lines)
    states = [None, *(one.id for one in lines if one.id not in network.cut_off)]
    width = len(plants) + len(states) * (len(lines) + len(buses))
    rows, right, bounds = [], [], [(0.0, rated) for _, rated, _ in plants.values()]
    for s, out in enumerate(states):
        start = len(plants) + s * (len(lines) + len(buses))
        for bus in buses:
            row = np.zeros(width)
            row[: len(plants)] = [at == bus for at, _, _ in plants.values()]
            row[start : start + len(lines)] = [(one.bus_to == bus) * 1.0 - (one.bus_from == bus) for one in lines]
            rows.append(row)
            right.append(loads[bus][step])
        for k, one in enumerate(lines):
            left = 1.0 - (one.id == out) / one.circuit_count
            row = np.zeros(width)
            row[start + k] = 1.0
            if left:
                assert one.reactance_pu is not None
                row[start + k] = one.reactance_pu / 100 / left
                row[start + len(lines) + buses.index(one.bus_from)] = -1.0
                row[start + len(lines) + buses.index(one.bus_to)] = 1.0
            rows.append(row)
            right.append(-np.radians(one.phase_shift_deg) if left else 0.0)
            rated = one.power_max_mw if out is None else left * (one.power_emergency_max_mw or one.power_max_mw)
            bounds.append((-rated, rated))
        bounds += [(None, None)] * len(buses)
    cost = np.zeros(width)
    cost[: len(plants)] = [price for _, _, price in plants.values()]
    found = linprog(cost, A_eq=np.stack(rows), b_eq=right, bounds=bounds)
    return float(found.fun) if found.status == 0 else float("inf")


@pytest.mark.parametrize("seed", range(4))
def test_the_secured_optimum_is_that_of_the_formulation_by_angles(seed: int) -> None:
    lines, plants, loads = grid(seed)
    lines = [one.model_copy(update={"loss_fraction": 0.0}) for one in lines]
    found = secure(*solved(lines, plants, loads))
    wanted = sum(by_angles(lines, plants, loads, step) for step in range(STEPS))
    if np.isfinite(wanted):
        assert found.solution.objective_yuan == pytest.approx(wanted, rel=1e-7)
    else:
        assert found.solution.outcome is Outcome.INFEASIBLE


def test_new_numbers_keep_the_added_rows() -> None:
    pair = [line(name, "one", "two", power_max_mw=100.0) for name in ("left", "right")]
    plants = {"cheap": ("one", 500.0, 100.0), "dear": ("two", 500.0, 300.0)}
    assembly, program, solution = solved(pair, plants, {"two": 150.0})
    found = secure(assembly, program, solution)
    again = found.program.with_series({("load_two", "demand_mw"): np.full(STEPS, 180.0)})
    assert again.row_count == found.program.row_count
    assert solve(again).objective_yuan == pytest.approx(STEPS * (100 * 100 + 80 * 300))


def test_loadings_name_the_fullest_first() -> None:
    network = Network.of([line("a", "x", "y", power_max_mw=100.0), line("b", "x", "y", power_max_mw=50.0)])
    flow = np.array([[10.0, -95.0, 20.0], [45.0, 10.0, 10.0]])
    idle = replace(network.branches[0], id="idle", power_max_mw=0.0)
    branches, flows = [*network.branches, idle], np.vstack([flow, np.zeros(3)])
    first, second, third = loadings(branches, flows, np.array([1.0, 2.0, 1.0]))
    assert (third.branch.id, third.highest_fraction) == ("idle", 0.0)
    assert (first.branch.id, first.highest_fraction, first.hours_above) == ("a", 0.95, 2.0)
    # 90 % itself is not above 90 %.
    assert (second.branch.id, second.highest_fraction, second.hours_above) == ("b", 0.9, 0.0)
    assert first.mean_mw == pytest.approx((10 - 190 + 20) / 4)


def test_screening_an_empty_network() -> None:
    found = screen(Network.of([]), np.zeros((0, 3)))
    assert found.screened == 0
    assert found.violated == ()
