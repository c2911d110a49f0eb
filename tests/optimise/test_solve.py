from __future__ import annotations

import _thread
import signal
import threading
from collections.abc import Iterator

import highspy
import numpy as np
import pytest
import scipy.sparse as sparse

from yuqian.optimise.lp_text import lp_text
from yuqian.optimise.program import Family, Layout, Program, ProgramError
from yuqian.optimise.solve import Method, Outcome, Progress, SolverError, SolverOptions, solve


def program(
    cost: list[float],
    rows: list[list[float]],
    low: list[float],
    high: list[float],
    upper: float = np.inf,
    integral: bool = False,
    lower: float = 0.0,
) -> Program:
    width, height = len(cost), len(rows)
    layout = Layout((Family("", "x", 0, 0, width),), (Family("", "row", 0, 0, height),))
    return Program(
        layout, np.array(cost, float), 0.0, sparse.csc_array(np.array(rows, float).reshape(height, width)),
        np.array(low, float), np.array(high, float), np.full(width, lower), np.full(width, upper),
        np.full(width, integral), (), {},
    )  # fmt: skip


def test_optimum_with_duals() -> None:
    found = solve(program([2.0, 3.0], [[1.0, 1.0]], [4.0], [np.inf], upper=3.0))
    assert found.outcome is Outcome.OPTIMAL
    assert found.objective_yuan == pytest.approx(9.0)
    assert found.bound_yuan == found.objective_yuan
    assert found.x == pytest.approx([3.0, 1.0])
    assert found.row_dual == pytest.approx([3.0])
    assert found.column_dual == pytest.approx([-1.0, 0.0])


@pytest.mark.parametrize("method", list(Method))
def test_every_method_reaches_the_same_optimum(method: Method) -> None:
    small = program([2.0, 3.0], [[1.0, 1.0]], [4.0], [np.inf], upper=3.0)
    assert solve(small, SolverOptions(method)).objective_yuan == pytest.approx(9.0)


def test_integer_program_has_no_duals_but_a_bound() -> None:
    found = solve(program([1.0, 1.0], [[2.0, 2.0]], [3.0], [np.inf], upper=5.0, integral=True))
    assert found.outcome is Outcome.OPTIMAL
    assert found.objective_yuan == pytest.approx(2.0)
    assert found.row_dual is None
    assert found.gap_fraction <= 1e-4


def test_infeasible_and_unbounded_are_told_apart() -> None:
    assert solve(program([1.0], [[1.0]], [4.0], [np.inf], upper=3.0)).outcome is Outcome.INFEASIBLE
    unbounded = solve(program([-1.0], [[1.0]], [0.0], [np.inf]), SolverOptions(presolve=False))
    assert unbounded.outcome is Outcome.UNBOUNDED
    assert unbounded.x is None


def test_program_without_rows() -> None:
    assert solve(program([1.0], [], [], [], upper=3.0)).objective_yuan == 0.0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"cost": [np.nan, 1.0]}, r"x\[0\] has the cost nan"),
        ({"rows": [[1.0, 1e-12]]}, r"row\[0\] has the coefficient 1e-12"),
        ({"rows": [[1.0, np.nan]]}, r"row\[0\] has the coefficient nan"),
        ({"low": [np.nan]}, r"row\[0\] has limits nan and inf"),
        ({"upper": -1.0}, r"x\[0\] has bounds 0.0 and -1.0 \(and 1 more\)"),
    ],
)
def test_numbers_that_a_solver_would_misread_are_refused_by_name(changes: dict[str, object], message: str) -> None:
    arguments: dict[str, object] = {"cost": [1.0, 1.0], "rows": [[1.0, 1.0]], "low": [1.0], "high": [np.inf], **changes}
    with pytest.raises(ProgramError, match=message):
        solve(program(**arguments))  # type: ignore[arg-type]


def test_refused_option_is_an_error() -> None:
    with pytest.raises(SolverError, match=r"setOptionValue\('threads', -3\) with kError"):
        solve(program([1.0], [[1.0]], [1.0], [np.inf]), SolverOptions(threads=-3))


def hard(size: int = 60) -> Program:
    """A mixed-integer program that takes HiGHS far longer than a test."""
    rng = np.random.default_rng(0)
    weights = rng.integers(10, 60, (size // 6, size)).astype(float)
    half = weights.sum(axis=1) // 2
    return program(list(-weights.mean(axis=0)), weights.tolist(), (half - 1).tolist(), half.tolist(), 1.0, integral=True)


def test_time_limit_counts_for_each_solve() -> None:
    for _ in range(2):
        found = solve(hard(), SolverOptions(time_limit_s=0.3, gap_fraction=0.0))
        assert found.outcome in (Outcome.LIMIT_WITH_SOLUTION, Outcome.LIMIT_WITHOUT_SOLUTION)


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Ctrl-C raises KeyboardInterrupt, also where the tests were started as a job that ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_keyboard_interrupt_ends_the_solve() -> None:
    told: list[Progress] = []

    def report(progress: Progress) -> None:
        if not told:
            threading.Timer(0.05, _thread.interrupt_main).start()
        told.append(progress)

    found = solve(hard(), SolverOptions(time_limit_s=60.0, gap_fraction=0.0), report)
    assert found.outcome is Outcome.INTERRUPTED
    assert told
    assert found.seconds < 30.0


def test_basis_makes_the_next_solve_start_at_the_optimum() -> None:
    rng = np.random.default_rng(1)
    rows = rng.uniform(0.1, 1.0, (30, 40))
    first = program(list(rng.uniform(1, 2, 40)), rows.tolist(), [5.0] * 30, [np.inf] * 30)
    found = solve(first)
    again = solve(first, SolverOptions(presolve=False), start=found.basis)
    assert again.iterations == 0
    assert again.objective_yuan == pytest.approx(found.objective_yuan)


def test_text_is_read_back_by_a_solver_to_the_same_optimum(tmp_path: object) -> None:
    small = program([2.0, 3.0], [[1.0, 1.0], [1.0, -1.0]], [4.0, -2.0], [np.inf, 2.0], upper=3.0)
    path = f"{tmp_path}/small.lp"
    with open(path, "w", encoding="utf-8") as file:
        file.write(lp_text(small))
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    assert highs.readModel(path) == highspy.HighsStatus.kOk
    highs.run()
    assert highs.getInfo().objective_function_value == pytest.approx(solve(small).objective_yuan)


def test_a_search_stops_at_its_target() -> None:
    knapsack = program([-5.0, -4.0, -3.0], [[2.0, 3.0, 1.0], [4.0, 1.0, 2.0], [3.0, 4.0, 2.0]], [-np.inf] * 3, [5.0, 11.0, 8.0],
                       upper=3.0, integral=True)  # fmt: skip
    best = solve(knapsack, SolverOptions(gap_fraction=0.0))
    enough = solve(knapsack, SolverOptions(gap_fraction=0.0, target_yuan=0.5 * best.objective_yuan))
    assert enough.outcome in (Outcome.LIMIT_WITH_SOLUTION, Outcome.OPTIMAL)
    assert best.objective_yuan <= enough.objective_yuan <= 0.5 * best.objective_yuan
    never = solve(knapsack, SolverOptions(gap_fraction=0.0, target_yuan=2.0 * best.objective_yuan))
    assert never.objective_yuan == pytest.approx(best.objective_yuan)
