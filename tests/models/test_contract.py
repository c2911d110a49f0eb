"""What every kind must keep to, whoever wrote it. Runs over all kinds that are found."""

from __future__ import annotations

import datetime as dt
import inspect
import types
import typing
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sparse
from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler

from yuqian.models.book import Answer
from yuqian.models.clock import Clock
from yuqian.models.kind import TOGETHER, Kind, together_owner
from yuqian.models.kinds import known_kinds
from yuqian.models.units import unit_of
from yuqian.optimise.answers import answers
from yuqian.optimise.assemble import Assembly, assemble_example
from yuqian.optimise.compile import compile_model
from yuqian.optimise.lp_text import lp_text
from yuqian.optimise.program import Program
from yuqian.optimise.solve import Outcome, Solution, solve
from yuqian.reports.audit import audit

GOLDEN = Path(__file__).parent / "golden"
KINDS = known_kinds()
every_kind = pytest.mark.parametrize("name", list(KINDS))
TWO_STEPS = Clock.of_days(dt.date(2030, 7, 1), 2, hours_per_day=1)
ONE_STEP = Clock.of_days(dt.date(2030, 7, 1), 1, hours_per_day=1)
THREE_DAYS = Clock.of_days(dt.date(2030, 7, 1), 3)


def solved(name: str, clock: Clock) -> tuple[Assembly, Program, Solution]:
    assembly = assemble_example(KINDS[name].example(), clock)
    program = compile_model(assembly.model)
    return assembly, program, solve(program)


def numeric_fields(kind: type[Kind]) -> list[str]:
    def numbers(annotation: object) -> bool:
        if annotation in (int, float):
            return True
        inside = typing.get_args(annotation)
        return bool(inside) and any(numbers(part) for part in inside if part not in (None, types.NoneType))

    return [name for name, info in kind.model_fields.items() if numbers(info.annotation)]


def test_kinds_are_found() -> None:
    assert {"bus", "coal_unit", "pumped_storage", "reservoir", "town"} <= set(KINDS)


@every_kind
def test_kind_introduces_itself(name: str) -> None:
    kind = KINDS[name]
    assert inspect.getdoc(kind)
    assert inspect.getdoc(inspect.getmodule(kind))
    assert kind.title_en
    assert kind.title_zh
    assert kind.title_zh.encode() != kind.title_zh.encode("ascii", "ignore")


@every_kind
def test_numbers_end_in_their_unit(name: str) -> None:
    for field in [*numeric_fields(KINDS[name]), *KINDS[name].series]:
        assert unit_of(field)


@every_kind
def test_example_solves_and_passes_its_audit(name: str) -> None:
    assembly, program, solution = solved(name, THREE_DAYS)
    assert solution.outcome is Outcome.OPTIMAL
    result = audit(assembly.assets, answers(assembly, program, solution), THREE_DAYS, solution.objective_yuan)
    result.require()


@every_kind
def test_one_step_is_a_horizon_too(name: str) -> None:
    """Nothing looks back or adds up over steps that are not there."""
    assembly, program, solution = solved(name, ONE_STEP)
    assert solution.outcome is Outcome.OPTIMAL
    audit(assembly.assets, answers(assembly, program, solution), ONE_STEP, solution.objective_yuan).require()


@every_kind
def test_audit_notices_every_decision(name: str) -> None:
    """Whatever decision of an asset of the kind is changed in the answer, some check must fail."""
    assembly, program, solution = solved(name, THREE_DAYS)
    found = answers(assembly, program, solution)
    owners = {asset.id for asset in assembly.assets if isinstance(asset, KINDS[name])} | {KINDS[name].owner_together()}
    for family in program.layout.columns:
        if family.owner not in owners:
            continue
        arrays = {key: value.copy() for key, value in found[family.owner]._arrays.items()}
        arrays[family.name][0] += 1.0
        damaged = {**found, family.owner: Answer(family.owner, arrays)}
        result = audit(assembly.assets, damaged, THREE_DAYS, solution.objective_yuan)
        assert not result.passes, f"the audit of {name} does not notice {family.name}"


@every_kind
def test_rows_equal_those_of_pyomo(name: str) -> None:
    """The compiled arrays are, row by row, what Pyomo's own compiler makes of the same model."""
    assembly = assemble_example(KINDS[name].example(), THREE_DAYS)
    program = compile_model(assembly.model)
    assert program.structure is not None
    assert program.structure.notes == ()
    form = LinearStandardFormCompiler().write(assembly.for_any_solver(), mixed_form=True)
    ours = _rows_by_name(program)
    of_pyomo = [_position_of(var, program) for var in form.columns]
    matrix = form.A.tocsr()
    seen = set()
    for row, rhs, k in zip(form.rows, form.rhs, range(matrix.shape[0]), strict=True):
        span = slice(matrix.indptr[k], matrix.indptr[k + 1])
        theirs = {of_pyomo[c]: v for c, v in zip(matrix.indices[span], matrix.data[span], strict=True) if v}
        label = _row_label(row.constraint)
        terms, low, high = ours[label]
        assert terms == pytest.approx(theirs, rel=1e-12, abs=1e-12), label
        wanted = {-1: (low,), 0: (low, high), 1: (high,)}[row.bound_type]
        assert wanted == pytest.approx((rhs,) * len(wanted), rel=1e-12, abs=1e-9), label
        seen.add(label)
    trivial = {label for label, (terms, low, high) in ours.items() if not terms}
    assert set(ours) - seen <= trivial
    cost = np.zeros(program.column_count)
    cost[of_pyomo] = form.c.toarray().ravel() if sparse.issparse(form.c) else np.ravel(form.c)
    assert program.cost == pytest.approx(cost, rel=1e-12, abs=1e-9)


@every_kind
def test_two_step_program_is_the_golden_one(name: str, request: pytest.FixtureRequest) -> None:
    """The two-step problem as text; run with --force-regen after a change that is meant, and read the difference."""
    text = lp_text(compile_model(assemble_example(KINDS[name].example(), TWO_STEPS).model))
    golden = GOLDEN / f"{name}.lp"
    if request.config.getoption("force_regen"):
        golden.write_text(text, encoding="utf-8")
    assert golden.exists(), f"the kind '{name}' has no golden program; make it with: pytest {__file__} --force-regen"
    assert golden.read_text(encoding="utf-8") == text


def test_no_golden_program_is_orphaned() -> None:
    assert {path.stem for path in GOLDEN.glob("*.lp")} == set(KINDS)


@every_kind
def test_twice_the_horizon_leaves_the_first_rows_alone(name: str) -> None:
    short = _rows_by_name(compile_model(assemble_example(KINDS[name].example(), THREE_DAYS).model), by_name=True)
    long_clock = Clock.of_days(dt.date(2030, 7, 1), 6)
    long = _rows_by_name(compile_model(assemble_example(KINDS[name].example(), long_clock).model), by_name=True)
    for label, row in short.items():
        if not label.endswith("]"):
            continue
        assert row == long[label], label


def _owner(component: typing.Any) -> str:
    block = component.parent_block()
    if block is block.model():
        return ""
    if block.parent_component().local_name == TOGETHER:
        return together_owner(block.index())
    return block.index() if block.parent_component().is_indexed() else block.local_name


def _position_of(var: typing.Any, program: Program) -> int:
    owner = var.parent_component()
    key = (_owner(owner), owner.local_name)
    family = program.layout.by_column_name[key]
    return family.start + ((var.index() - family.first) if family.indexed else 0)


def _row_label(constraint: typing.Any) -> str:
    owner = constraint.parent_component()
    name = f"{_owner(owner)}.{owner.local_name}".removeprefix(".")
    return f"{name}[{constraint.index()}]" if owner.is_indexed() else name


def _rows_by_name(program: Program, by_name: bool = False) -> dict[str, tuple[dict[typing.Any, float], float, float]]:
    """Every row, those kept as bounds included: its terms by column (or column name), and its limits."""

    def key(column: int) -> typing.Any:
        return program.layout.column_name(column) if by_name else column

    rows: dict[str, tuple[dict[typing.Any, float], float, float]] = {}
    matrix = program.matrix.tocsr()
    for family in program.layout.rows:
        for k, label in zip(range(family.start, family.stop), family.names(), strict=True):
            span = slice(matrix.indptr[k], matrix.indptr[k + 1])
            terms = {key(c): v for c, v in zip(matrix.indices[span], matrix.data[span], strict=True) if v}
            rows[label] = (terms, program.row_lower[k], program.row_upper[k])
    for bound in program.bound_rows:
        for k, label in enumerate(bound.family.names()):
            rows[label] = ({key(bound.columns[k]): bound.coefficient}, bound.low[k], bound.high[k])
    return rows
