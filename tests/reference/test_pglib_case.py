"""A published case of two days, 73 thermal units and 81 plants by profile: power-grid-lib/pglib-uc, rts_gmlc/2020-01-27."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from yuqian.assets.published_case import merge_identical
from yuqian.assets.read_pglib import read_pglib
from yuqian.models.commitment_law import Commitment, Formulation
from yuqian.optimise.answers import answers
from yuqian.optimise.assemble import assemble
from yuqian.optimise.compile import compile_model
from yuqian.optimise.solve import Outcome, SolverOptions
from yuqian.optimise.stepwise import solve_stepwise
from yuqian.reports.audit import audit

NAME = "pglib_rts_gmlc_2020-01-27.json"
RELAXED = 1_205_494.5062
TIGHT_RELAXED = 1_226_645.34
ANY_RIGHT_ANSWER = (1_226_820.7, 1_232_353.45)
Published = Callable[[str], Path]


def test_relaxation_of_the_published_model(engine: Any, published: Published) -> None:
    case = read_pglib(published(NAME), Commitment.RELAXED)
    assert engine(case.assets, case.series, case.clock).cost == pytest.approx(RELAXED, rel=1e-9)


@pytest.mark.slow
def test_tight_relaxation_is_a_far_better_bound_and_groups_lose_nothing(engine: Any, published: Published) -> None:
    case = read_pglib(published(NAME), Commitment.RELAXED, Formulation.TIGHT)
    alone, grouped = (engine(one.assets, one.series, one.clock).cost for one in (case, merge_identical(case)))
    assert alone == pytest.approx(TIGHT_RELAXED, rel=1e-6)
    assert grouped == pytest.approx(alone, rel=1e-9)
    assert alone <= ANY_RIGHT_ANSWER[0]


@pytest.mark.slow
def test_whole_units(published: Published) -> None:
    """Both days at once, the search begun with what committing them part by part gives."""
    case = merge_identical(read_pglib(published(NAME), Commitment.INTEGER, Formulation.TIGHT))
    assembly = assemble(case.assets, case.series, case.clock)
    program = compile_model(assembly.model)
    solution = solve_stepwise(program, SolverOptions(gap_fraction=3e-3, time_limit_s=1800.0), parts=2)
    assert solution.outcome is Outcome.OPTIMAL
    assert ANY_RIGHT_ANSWER[0] <= solution.objective_yuan <= ANY_RIGHT_ANSWER[1]
    assert RELAXED <= solution.bound_yuan <= solution.objective_yuan
    audit(assembly.assets, answers(assembly, program, solution), case.clock, solution.objective_yuan).require()
