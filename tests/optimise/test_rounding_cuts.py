"""Cuts from summed balances: by hand, kept by every point with whole decisions, and a search with them ends where it did."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sparse
from hypothesis import given, settings
from hypothesis import strategies as st

from yuqian.optimise import tighten
from yuqian.optimise.dive import solve_whole
from yuqian.optimise.prices import fixed_at
from yuqian.optimise.program import Family, Layout, Program
from yuqian.optimise.rounding_cuts import Cut, Limits, cuts_of
from yuqian.optimise.solve import Outcome, Solution, SolverOptions, solve
from yuqian.optimise.summed_balances import SummedBalances
from yuqian.optimise.tighten import relaxed, tightened, with_cuts

EXACT = SolverOptions(gap_fraction=1e-9)
MOST_UNITS = 3
STEPS = 2
NAMES = ("units_here", "power_here", "units_there", "power_there", "flow", "back", "sold", "short")


def network(seed: int, lost: float = 0.0, balance: str = "balance") -> Program:
    """Two places with units of whole numbers and a line between them, over two steps; steps are alike but for demand."""
    rng = np.random.default_rng(seed)
    sizes, least = rng.uniform(40.0, 90.0, 2), rng.uniform(0.2, 0.5)
    demand = rng.uniform(30.0, 160.0, (2, STEPS))
    width = len(NAMES) * STEPS
    cost = np.repeat([900.0, 10.0, 700.0, 12.0, 0.01, 0.01, -rng.uniform(14.0, 30.0), 300.0], STEPS)
    upper = np.repeat([MOST_UNITS, np.inf, MOST_UNITS, np.inf, 60.0, 60.0, 50.0, 500.0], STEPS)
    here, there = {"flow": -1.0, "back": 1.0 - lost}, {"flow": 1.0 - lost, "back": -1.0, "sold": -1.0, "short": 1.0}
    terms: list[tuple[dict[str, float], Any, Any]] = [
        ({"power_here": 1.0, **here}, demand[0], demand[0]),
        ({"power_there": 1.0, **there}, demand[1], demand[1]),
    ]
    for place, size in zip(("here", "there"), sizes, strict=True):
        terms.append(({f"power_{place}": 1.0, f"units_{place}": -size}, [-np.inf] * STEPS, [0.0] * STEPS))
        terms.append(({f"power_{place}": 1.0, f"units_{place}": -least * size}, [0.0] * STEPS, [np.inf] * STEPS))
    rows = [(row, low[t], high[t], t) for row, low, high in terms for t in range(STEPS)]
    matrix = np.zeros((len(rows), width))
    for row, (own, _, _, t) in enumerate(rows):
        for name, value in own.items():
            matrix[row, NAMES.index(name) * STEPS + t] = value
    columns = tuple(Family("", name, k * STEPS, 0, STEPS) for k, name in enumerate(NAMES))
    balances = tuple(Family(balance, f"place_{k}", k * STEPS, 0, STEPS) for k in range(2))
    limits = Family("", "limits", 2 * STEPS, 0, len(rows) - 2 * STEPS)
    return Program(
        Layout(columns, (*balances, limits)), cost, 0.0, sparse.csc_array(matrix), np.array([row[1] for row in rows]),
        np.array([row[2] for row in rows]), np.zeros(width), upper, np.repeat([True, False, True, *[False] * 5], STEPS), (), {},
    )  # fmt: skip


def first_cuts(program: Program, loose: Solution) -> list[Cut]:
    assert loose.x is not None
    balances = SummedBalances.of(program)
    rows = balances.weighed(np.ones(len(balances.positions)))
    return cuts_of(rows, Limits(program), loose.x)


def single() -> Program:
    """One step of one bus: units of 10 MW that earn, a bus that takes 14 MW and, at a loss, more."""
    families = (Family("", "units", 0, 0, 1), Family("", "power", 1, 0, 1), Family("", "dumped", 2, 0, 1))
    rows = (Family("balance", "bus", 0, 0, 1), Family("", "available", 1, 0, 1))
    return Program(
        Layout(families, rows), np.array([5.0, -1.0, 1.0]), 0.0, sparse.csc_array(np.array([[0, 1.0, -1.0], [-10.0, 1.0, 0]])),
        np.array([-np.inf, -np.inf]), np.array([14.0, 0.0]), np.zeros(3), np.array([3.0, np.inf, np.inf]),
        np.array([True, False, False]), (), {},
    )  # fmt: skip


def test_one_bus_by_hand() -> None:
    program = single()
    loose = solve(relaxed(program))
    assert loose.x == pytest.approx([1.4, 14.0, 0.0])
    (cut,) = first_cuts(program, loose)
    # Of a second unit the bus takes 4 MW: power - dumped <= 6 + 4 units.
    scaled = np.zeros(3)
    scaled[cut.columns] = cut.coefficients / cut.coefficients[cut.columns == 1]
    assert scaled == pytest.approx([-4.0, 1.0, -1.0])
    assert cut.most / cut.coefficients[cut.columns == 1] == pytest.approx(6.0)
    assert cut.depth == pytest.approx((1.4 - 1.0) / np.sqrt(1.0 + 2.0 / 6.0**2))
    assert solve(relaxed(with_cuts(program, [cut]))).objective_yuan == pytest.approx(solve(program, EXACT).objective_yuan)


@pytest.mark.parametrize("lost", [0.0, 0.04])
def test_lines_join_balances_of_the_same_step(lost: float) -> None:
    balances = SummedBalances.of(network(0, lost))
    assert list(balances.network[:STEPS]) == list(balances.network[STEPS:])
    assert len(set(balances.network)) == STEPS
    rows = balances.weighed(np.ones(4))
    flows = [NAMES.index(name) * STEPS for name in ("flow", "back")]
    assert rows.matrix[[0], flows].ravel() == pytest.approx([-lost, -lost])


def test_what_loses_much_joins_nothing() -> None:
    assert len(set(SummedBalances.of(network(0, lost=0.4)).network)) == 2 * STEPS


def test_sums_keep_the_sense_of_what_is_open() -> None:
    balances = SummedBalances.of(network(1))
    one_way = replace(balances, high=np.full(4, np.inf))
    up, down = one_way.weighed(np.array([1.0, 1.0, 2.0, 0.0])), one_way.weighed(-np.ones(4))
    low = balances.low
    assert up.low == pytest.approx([low[0] + 2.0 * low[2], low[1]])
    assert list(up.high) == [np.inf, np.inf]
    assert list(down.low) == [-np.inf, -np.inf]
    assert down.high == pytest.approx([-low[0] - low[2], -low[1] - low[3]])
    nothing = balances.weighed(np.zeros(4))
    assert (list(nothing.low), list(nothing.high)) == ([-np.inf] * 2, [np.inf] * 2)


@settings(max_examples=5, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), lost=st.sampled_from([0.0, 0.03]))
def test_every_point_with_whole_decisions_keeps_every_cut(seed: int, lost: float) -> None:
    """For each choice of whole decisions in a step, the most that a cut's left side can be is not above its right side."""
    program = network(seed, lost)
    loose = solve(relaxed(program))
    assert loose.x is not None
    tight = tightened(program, loose, 0.0, EXACT)
    added = sparse.csr_array(tight.program.matrix)[program.row_count :]
    whole = np.flatnonzero(program.integral)
    for k in range(added.shape[0]):
        row = added[[k]].toarray().ravel()
        used = [column for column in whole if row[column]]
        assert 0 < len(used) <= 2
        push = replace(program, cost=-row)
        for units in itertools.product(range(MOST_UNITS + 1), repeat=len(used)):
            x = np.zeros(program.column_count)
            x[used] = units
            held = replace(push, integral=np.isin(np.arange(len(x)), used))
            found = solve(fixed_at(held, x))
            if found.outcome is Outcome.OPTIMAL:
                assert -found.objective_yuan <= tight.program.row_upper[program.row_count + k] + 1e-5


@settings(max_examples=8, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), lost=st.sampled_from([0.0, 0.03]))
def test_a_search_with_cuts_ends_at_the_same_optimum(seed: int, lost: float) -> None:
    program = network(seed, lost)
    plain, found = solve(program, EXACT), solve_whole(program, EXACT)
    assert found.objective_yuan == pytest.approx(plain.objective_yuan, rel=1e-7)
    assert found.bound_yuan == pytest.approx(plain.objective_yuan, rel=1e-7)


def test_cuts_lift_the_bound() -> None:
    """Over many networks most of the distance between the linear program and the optimum goes, and never more than it."""
    closed = []
    for seed in range(40):
        program = network(seed)
        loose, best = solve(relaxed(program)), solve(program, EXACT)
        tight = tightened(program, loose, 0.0, EXACT).solution
        assert loose.objective_yuan - 1e-6 <= tight.objective_yuan <= best.objective_yuan + 1e-6
        gap = best.objective_yuan - loose.objective_yuan
        if gap > 1.0:
            closed.append((tight.objective_yuan - loose.objective_yuan) / gap)
    assert len(closed) > 20
    assert np.mean(closed) > 0.5


def test_prices_weigh_what_a_line_loses() -> None:
    """With the losses of the line in its price, cuts lift the bound at least as far as those of the plain sums."""
    program = network(7, lost=0.04)
    loose = solve(relaxed(program))
    plain = solve(relaxed(with_cuts(program, first_cuts(program, loose))))
    assert tightened(program, loose, 0.0, EXACT).solution.objective_yuan >= plain.objective_yuan - 1e-6


def test_without_balances_there_are_no_cuts() -> None:
    program = network(3, balance="elsewhere")
    loose = solve(relaxed(program))
    assert SummedBalances.of(program).weighed(np.zeros(0)).count == 0
    assert tightened(program, loose, 0.0, EXACT).program is program


def test_only_cuts_that_bind_are_kept() -> None:
    program = network(5)
    tight = tightened(program, solve(relaxed(program)), 0.0, EXACT)
    assert tight.solution.x is not None
    rows = sparse.csr_array(tight.program.matrix)[program.row_count :] @ tight.solution.x
    assert len(rows)
    assert rows == pytest.approx(tight.program.row_upper[program.row_count :], abs=1e-6)


def test_who_stops_the_rounds_gets_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*args: object, **more: object) -> Solution:
        return replace(solve(relaxed(single())), outcome=Outcome.INTERRUPTED)

    monkeypatch.setattr(tighten, "solve", stopped)
    found = solve_whole(single())
    assert (found.outcome, found.x) == (Outcome.INTERRUPTED, None)
