"""What is carried from window to window, over all kinds that are found."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from yuqian.models.clock import Clock, Horizon
from yuqian.models.kinds import known_kinds
from yuqian.optimise.answers import answers
from yuqian.optimise.assemble import Assembly, assemble
from yuqian.optimise.compile import compile_model
from yuqian.optimise.program import Program, ProgramError
from yuqian.optimise.seams import Numbers, Seams, cleaned
from yuqian.optimise.solve import Outcome, solve
from yuqian.reports.audit import audit

KINDS = known_kinds()
every_kind = pytest.mark.parametrize("name", list(KINDS))
START = dt.date(2030, 7, 1)
DAYS = 4


def assembled(name: str, first_day: int, days: int, horizon: Horizon, ends_valued: bool = False) -> Assembly:
    example = KINDS[name].example()
    clock = Clock.of_days(START + dt.timedelta(first_day), days)
    series = {
        (example.asset.id, name): np.full(clock.timeline(need.rhythm).count, float(example.series[name]))
        for name, need in example.asset.series.items()
    }
    return assemble((example.asset, *example.ports), series, clock, horizon, ends_valued)


def of_the_whole(name: str) -> tuple[Assembly, Program, np.ndarray, Numbers]:
    """The optimum of all days, and what it hands over at the beginning of a window over the same days."""
    assembly = assembled(name, 0, 2 * DAYS, Horizon.WHOLE)
    program = compile_model(assembly.model)
    solution = solve(program)
    assert solution.x is not None
    x = cleaned(program, solution.x)
    seams = Seams(assembly)
    numbers: Numbers = {}
    for one in seams.carried:
        if one.is_free and not one.comes_round:
            continue
        values = np.array(one.opening) if one.quota_row else seams.values(one, program, x, np.asarray(one.over))
        numbers |= {(one.owner, param): values for param in one.params}
    return assembly, program, x, numbers


@every_kind
def test_a_window_over_all_days_holds_the_optimum_of_the_whole(name: str) -> None:
    _, whole, x, numbers = of_the_whole(name)
    assembly = assembled(name, 0, 2 * DAYS, Horizon.WINDOW)
    window = compile_model(assembly.model).with_series(numbers)
    assert window.structure is not None
    assert window.structure.notes == ()
    columns = whole.layout.by_column_name
    at = np.concatenate([np.arange(f.start, f.stop) for f in (columns[f.owner, f.name] for f in window.layout.columns)])
    assert_feasible(window, x[at])
    solution = solve(window)
    assert solution.outcome is Outcome.OPTIMAL
    assert solution.objective_yuan <= whole.cost @ x + whole.offset + 1e-6 * abs(solution.objective_yuan) + 1e-6
    found = answers(assembly, window, solution)
    result = audit(assembly.assets, found, assembly.clock, solution.objective_yuan, Horizon.WINDOW)
    result.require()
    noted = [(end.owner, end.name, end.step) for end in result.ends]
    valued = [one for one in assembly.steps.carried if one.is_valued and one.quota_row is None]
    assert sorted(noted) == sorted((one.owner, one.name, step) for one in valued for step in one.over)


@every_kind
def test_the_rest_of_the_optimum_is_feasible_in_the_next_window(name: str) -> None:
    """Cut in the middle, the second half of the optimum keeps all rules of a window opened by what the first half hands on."""
    assembly, whole, x, numbers = of_the_whole(name)
    opened = Seams(assembly).handed_on(whole, x, numbers, DAYS)
    window = compile_model(assembled(name, DAYS, DAYS, Horizon.WINDOW).model).with_series(opened)
    parts = []
    for family in window.layout.columns:
        same = whole.layout.by_column_name[family.owner, family.name]
        parts.append(x[same.stop - family.count : same.stop])
    assert_feasible(window, np.concatenate(parts))


@every_kind
def test_valued_ends_leave_the_optimum_where_the_target_is(name: str) -> None:
    """Losing dearly below the target and gaining nothing above, a window ends no lower than the whole does."""
    whole, program, x, numbers = of_the_whole(name)
    assembly = assembled(name, 0, 2 * DAYS, Horizon.WINDOW, ends_valued=True)
    valued = [one for one in assembly.steps.carried if one.is_valued]
    targets = {one.key: Seams(whole).path(one, program, x)[-len(one.over) :] for one in valued}
    ends: Numbers = {}
    for key, target in targets.items():
        dear = np.full(len(target), 1e7)
        ends |= {(key, "target"): target, (key, "loss_near"): dear, (key, "loss_far"): dear}
    window = compile_model(assembly.model).with_series({**numbers, **ends})
    assert window.structure is not None
    assert window.structure.notes == ()
    solution = solve(window)
    assert solution.x is not None
    for one in valued:
        left, target = Seams(assembly).path(one, window, solution.x)[-len(one.over) :], targets[one.key]
        assert np.all(left >= target - 1e-6 * np.maximum(1.0, np.abs(target)))
    cost = float(program.cost @ x + program.offset)
    room = 1e-6 * abs(cost) + 1e-3
    assert solution.objective_yuan <= cost + room
    if len(valued) == len(assembly.steps.carried):
        assert solution.objective_yuan >= cost - room


def test_an_opening_that_nobody_gave_is_refused_by_name() -> None:
    program = compile_model(assembled("battery", 0, DAYS, Horizon.WINDOW).model)
    with pytest.raises(ProgramError, match=r"battery\.energy_mwh\[-1\]"):
        program.check()


def assert_feasible(program: Program, x: np.ndarray) -> None:
    lower, upper = program.column_bounds
    slack = 1e-6 * np.maximum(1.0, np.abs(x))
    names = program.layout.column_name
    wrong = np.flatnonzero((x < lower - slack) | (x > upper + slack))
    assert not len(wrong), [names(int(i)) for i in wrong[:5]]
    rows = program.matrix @ x
    room = 1e-6 * np.maximum(1.0, abs(program.matrix) @ np.abs(x))
    wrong = np.flatnonzero((rows < program.row_lower - room) | (rows > program.row_upper + room))
    assert not len(wrong), [program.layout.row_name(int(i)) for i in wrong[:5]]
