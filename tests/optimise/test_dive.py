"""The dive: what it holds, when it is believed, and what follows where it finds nothing."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import scipy.sparse as sparse

from yuqian.optimise import dive
from yuqian.optimise.dive import solve_whole
from yuqian.optimise.program import Family, Layout, Program
from yuqian.optimise.solve import Outcome, Report, Solution, SolverOptions, solve


def program(cost: list[float], rows: list[list[float]], low: list[float], high: list[float], upper: list[float]) -> Program:
    """All decisions whole but the last."""
    width = len(cost)
    layout = Layout((Family("", "x", 0, 0, width),), (Family("", "row", 0, 0, len(rows)),))
    return Program(
        layout, np.array(cost), 0.0, sparse.csc_array(np.array(rows)), np.array(low), np.array(high), np.zeros(width),
        np.array(upper), np.arange(width) < width - 1, (), {},
    )  # fmt: skip


@pytest.fixture
def searches(monkeypatch: pytest.MonkeyPatch) -> list[Program]:
    """The programs that are handed to the solver."""
    seen: list[Program] = []

    def noted(program: Program, options: SolverOptions | None = None, report: Report | None = None, **more: object) -> Solution:
        seen.append(program)
        return solve(program, options, report, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(dive, "solve", noted)
    return seen


def test_a_dive_holds_what_is_whole_already(searches: list[Program]) -> None:
    """Two units for 20 MW, and a pump of exactly 100 MW in a place for 99.5 MW, which is not held though nearly whole."""
    both = program([1.0, -1.0, 0.0], [[10.0, 0.0, 0.0], [0.0, -100.0, 1.0]], [20.0, 0.0], [np.inf, 0.0], [9.0, 1.0, 99.5])
    found = solve_whole(both, SolverOptions(gap_fraction=1e-6))
    assert found.outcome is Outcome.OPTIMAL
    assert found.x == pytest.approx([2.0, 0.0, 0.0])
    lower, upper = searches[1].column_bounds
    assert list(lower == upper) == [True, False, False]


def test_an_answer_within_the_gap_is_taken_as_it_is(searches: list[Program]) -> None:
    """1.5 units at least: two in whole ones, a quarter dearer."""
    units = program([100.0, 1.0], [[10.0, 1.0]], [15.0], [np.inf], [9.0, 0.0])
    exact = solve_whole(units, SolverOptions(gap_fraction=1e-6))
    assert (exact.objective_yuan, exact.bound_yuan) == pytest.approx((200.0, 200.0))
    assert len(searches) == 3
    loose = solve_whole(units, SolverOptions(gap_fraction=0.3))
    assert (loose.objective_yuan, loose.bound_yuan) == pytest.approx((200.0, 150.0))
    assert loose.gap_fraction == pytest.approx(0.25)
    assert loose.outcome is Outcome.OPTIMAL
    assert len(searches) == 5


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_the_target_of_a_dive_lies_within_the_gap(sign: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the sign of the cost, a solution that a dive stops at is near enough to be taken."""
    targets = []

    def noted(program: Program, options: SolverOptions, *rest: object, **more: object) -> Solution:
        targets.append(options.target_yuan)
        return solve(program, options)

    monkeypatch.setattr(dive, "solve", noted)
    units = program([100.0, 1.0], [[10.0, 1.0]], [15.0], [np.inf], [9.0, 0.0])
    options = SolverOptions(gap_fraction=0.1)
    solve_whole(dataclasses.replace(units, offset=-75.0 + sign * 1000.0), options)
    bound = 75.0 + sign * 1000.0
    assert np.isinf(targets[0])
    assert bound < targets[1]
    assert targets[1] - bound <= dive.allowed_yuan(targets[1], options) + 1e-9


def test_an_impossible_program_is_said_to_be_so() -> None:
    assert solve_whole(program([1.0, 0.0], [[10.0, 1.0]], [15.0], [16.0], [9.0, 0.0])).outcome is Outcome.INFEASIBLE


def test_a_linear_program_is_solved_as_it_is() -> None:
    linear = program([1.0], [[1.0]], [2.5], [np.inf], [9.0])
    found = solve_whole(linear)
    assert found.objective_yuan == pytest.approx(2.5)
    assert found.row_dual is not None


def test_a_linear_program_that_was_stopped_gives_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    units = program([100.0, 1.0], [[10.0, 1.0]], [15.0], [np.inf], [9.0, 0.0])

    def limited(*args: object, **more: object) -> Solution:
        return dataclasses.replace(solve(dive.relaxed(units)), outcome=Outcome.LIMIT_WITH_SOLUTION)

    monkeypatch.setattr(dive, "solve", limited)
    found = solve_whole(units)
    assert (found.outcome, found.x) == (Outcome.LIMIT_WITHOUT_SOLUTION, None)
