"""Compiles a Pyomo model into a Program by evaluating each rule once for all its steps.

Constraints that were declared under :func:`templates` keep one expression for all steps; :mod:`yuqian.optimise.affine`
evaluates it along the steps. A constraint without a template (its rule asked for the step's value) is evaluated row by row,
and the program's notes say so.
"""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyomo.core.base.constraint as pyomo_constraint
import pyomo.core.base.objective as pyomo_objective
import pyomo.environ as pyo
import scipy.sparse as sparse
from pyomo.core.expr.relational_expr import EqualityExpression, InequalityExpression, RangedExpression

from yuqian.models.clock import Floats
from yuqian.models.kind import TOGETHER, together_owner
from yuqian.optimise.affine import Affine, Columns, Ints, NotAffine, Term, evaluate
from yuqian.optimise.program import BoundRows, Family, Layout, Program, ProgramError

log = logging.getLogger(__name__)
INFINITY = float("inf")


@contextmanager
def templates() -> Iterator[None]:
    """Within it, Pyomo keeps one template expression for each indexed constraint and objective."""
    before = pyomo_constraint.TEMPLATIZE_CONSTRAINTS, pyomo_objective.TEMPLATIZE_OBJECTIVES
    pyomo_constraint.TEMPLATIZE_CONSTRAINTS = pyomo_objective.TEMPLATIZE_OBJECTIVES = True
    try:
        yield
    finally:
        pyomo_constraint.TEMPLATIZE_CONSTRAINTS, pyomo_objective.TEMPLATIZE_OBJECTIVES = before


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """Within it, Python looks for no garbage: among millions of new and lasting objects that takes half the time."""
    awake = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if awake:
            gc.enable()


@dataclass(frozen=True)
class Rule:
    """One declared constraint: its template with the placeholder, or a list of expressions, one a row."""

    owner: str
    name: str
    expressions: tuple[Any, ...]
    placeholder: Any
    steps: Ints
    indexed: bool


@dataclass(frozen=True)
class Rows:
    """What a rule evaluates to: terms along its rows, limits, and the Params that it looked up."""

    terms: tuple[Term, ...]
    low: Floats
    high: Floats
    used: frozenset[int]


@dataclass(frozen=True)
class Pattern:
    """Where each evaluated coefficient goes in the matrix.

    Attributes:
        order: sorts the coefficients, in the order of evaluation, by column and row.
        groups: where each entry of the matrix begins in that order; equal places are added up.
        spans: for each rule that made rows, its part of the coefficients in the order of evaluation.
    """

    order: Ints
    groups: Ints
    indices: Ints
    indptr: Ints
    spans: Mapping[int, slice]

    def data(self, coefficients: Floats) -> Floats:
        summed: Floats = np.add.reduceat(coefficients[self.order], self.groups) if len(coefficients) else coefficients
        return summed


class Structure:
    """The rules behind a program, kept so that new numbers need no new model."""

    def __init__(self, model: pyo.ConcreteModel) -> None:
        self._model = model
        self._columns = Columns()
        self.families, self._bounds, self._integral = _columns_of(model, self._columns)
        self._rules = [_rule_of(component) for component in model.component_objects(pyo.Constraint, active=True)]
        (objective,) = model.component_objects(pyo.Objective, active=True)
        self._objective = _objective_expression(objective)
        self._params = {
            (owner_of(param), param.local_name): param for param in model.component_objects(pyo.Param) if param.is_indexed()
        }
        self._cost = self._cost_of(self._columns)
        self._cost_uses = frozenset(self._columns.used)
        self._evaluated = [self._evaluate(rule, self._columns) for rule in self._rules]
        self._is_bound = [
            len(rows.terms) == 1 and isinstance(rows.terms[0].coefficient, float) and rows.terms[0].coefficient != 0.0
            for rows in self._evaluated
        ]
        self.notes = tuple(
            f"the rule {rule.owner}.{rule.name} has no template and was evaluated row by row"
            for rule in self._rules
            if rule.indexed and rule.placeholder is None and len(rule.expressions)
        )
        for note in self.notes:
            log.warning(note)

    def program(self) -> Program:
        """The program with the model's own numbers."""
        rows, spans, row_index, column_index, coefficients = [], {}, [], [], []
        start, filled = 0, 0
        for position, (rule, value) in enumerate(zip(self._rules, self._evaluated, strict=True)):
            if self._is_bound[position]:
                continue
            count = len(rule.steps)
            rows.append(_family(rule, start))
            where, which, what = _flat(value.terms, start, count)
            spans[position] = slice(filled, filled + len(what))
            row_index.append(where)
            column_index.append(which)
            coefficients.append(what)
            filled += len(what)
            start += count
        self._coefficients = np.concatenate(coefficients) if coefficients else np.zeros(0)
        self._pattern = _pattern(row_index, column_index, (start, self._width), spans)
        self._layout = Layout(self.families, tuple(rows))
        return self._assemble(self._evaluated, self._coefficients, self._columns, self._cost)

    def renumbered(self, program: Program, series: Mapping[tuple[str, str], Floats]) -> Program:
        """``program`` with new values of some Params; see :meth:`Program.with_series`."""
        columns = self._columns.with_tables({**program.tables, **self._new_tables(series)})
        own = self._columns.tables
        touched = {key for key, (values, _) in columns.tables.items() if key in own and values is not own[key][0]}
        evaluated, coefficients = list(self._evaluated), self._coefficients.copy()
        for position, rule in enumerate(self._rules):
            if touched & evaluated[position].used:
                evaluated[position] = value = self._evaluate(rule, columns)
                if not self._is_bound[position]:
                    coefficients[self._pattern.spans[position]] = _coefficients(value.terms, len(rule.steps))
        cost = self._cost_of(columns) if touched & self._cost_uses else self._cost
        return self._assemble(evaluated, coefficients, columns, cost)

    def values_of(self, program: Program, expression: Any, placeholder: Any, steps: Ints, x: Floats) -> Floats:
        """Value of a template expression of the model at a solution of ``program``, by step."""
        columns = self._columns.with_tables(program.tables)
        value = evaluate(expression, columns, {id(placeholder): steps})
        total = np.array(np.broadcast_to(np.asarray(value.constant, dtype=float), steps.shape))
        for term in value.terms:
            total += term.coefficient * x[term.columns]
        return total

    def sum_of(self, program: Program, expression: Any, placeholder: Any, steps: Ints) -> tuple[Floats, float]:
        """Coefficients and constant of a template expression of the model, summed over steps."""
        columns = self._columns.with_tables(program.tables)
        value = evaluate(expression, columns, {id(placeholder): steps})
        return self._summed(value), float(np.sum(np.broadcast_to(np.asarray(value.constant, dtype=float), steps.shape)))

    def _summed(self, value: Affine) -> Floats:
        """Coefficient of each column, all terms added up."""
        total = np.zeros(self._width)
        for term in value.terms:
            shape = np.broadcast_shapes(term.columns.shape, np.shape(term.coefficient))
            places, added = np.broadcast_to(term.columns, shape), np.broadcast_to(term.coefficient, shape)
            np.add.at(total, np.ravel(places), np.ravel(added))
        return total

    def terms_of(self, program: Program, expression: Any, placeholder: Any, steps: Ints) -> tuple[Term, ...]:
        """Linear terms of a template expression of the model, along the steps."""
        columns = self._columns.with_tables(program.tables)
        return evaluate(expression, columns, {id(placeholder): steps}).terms

    @property
    def _width(self) -> int:
        return self.families[-1].stop if self.families else 0

    def _evaluate(self, rule: Rule, columns: Columns) -> Rows:
        columns.used.clear()
        try:
            if rule.placeholder is not None:
                low, body, high = _sides(rule.expressions[0], columns, {id(rule.placeholder): rule.steps})
            else:
                low, body, high = _stacked([_sides(expression, columns, {}) for expression in rule.expressions])
        except NotAffine as error:
            raise NotAffine(f"{rule.owner}.{rule.name}: {error}") from None
        shape = (len(rule.steps),)
        constant = np.broadcast_to(np.asarray(body.constant, dtype=float), shape)
        return Rows(
            body.terms, np.broadcast_to(low, shape) - constant, np.broadcast_to(high, shape) - constant,
            frozenset(columns.used),
        )  # fmt: skip

    def _assemble(self, evaluated: list[Rows], coefficients: Floats, columns: Columns, cost: tuple[Floats, float]) -> Program:
        limits = [rows for rows, bound in zip(evaluated, self._is_bound, strict=True) if not bound]
        bounds = tuple(
            BoundRows(
                _family(rule, 0), np.broadcast_to(rows.terms[0].columns, rows.low.shape),
                float(rows.terms[0].coefficient), rows.low, rows.high,
            )
            for rule, rows, bound in zip(self._rules, evaluated, self._is_bound, strict=True)
            if bound
        )  # fmt: skip
        matrix = sparse.csc_array(
            (self._pattern.data(coefficients), self._pattern.indices, self._pattern.indptr),
            shape=(sum(len(rows.low) for rows in limits), self._width),
        )
        lower, upper = self._bounds
        return Program(
            self._layout, *cost, matrix, _joined([r.low for r in limits]), _joined([r.high for r in limits]),
            lower, upper, self._integral, bounds, columns.tables, self,
        )  # fmt: skip

    def _cost_of(self, columns: Columns) -> tuple[Floats, float]:
        value = evaluate(self._objective, columns, {})
        return self._summed(value), float(np.asarray(value.constant).sum())

    def _new_tables(self, series: Mapping[tuple[str, str], Floats]) -> dict[int, tuple[Floats, int]]:
        tables = {}
        for key, given in series.items():
            name = ".".join(key)
            if key not in self._params:
                raise ProgramError(f"'{name}' is no number by step of this program; a change of structure needs a new model")
            values, param = np.array(given, dtype=float), self._params[key]
            if values.shape != (len(param),):
                raise ProgramError(f"'{name}' has {len(param)} steps here, got an array of shape {values.shape}")
            wrong = np.flatnonzero(~np.isfinite(values))
            if len(wrong):
                raise ProgramError(f"'{name}' is {values[wrong[0]]} in step {wrong[0]}; every step needs a number")
            tables[id(param)] = (values, param.index_set().first())
        return tables


def compile_model(model: pyo.ConcreteModel) -> Program:
    """Arrays of a linear Pyomo model with one objective.

    Raises:
        NotAffine: naming the rule that is not linear.
    """
    with collector_at_rest():
        return Structure(model).program()


def _columns_of(
    model: pyo.ConcreteModel, columns: Columns
) -> tuple[tuple[Family, ...], tuple[Floats, Floats], np.ndarray[Any, np.dtype[np.bool_]]]:
    families, lower, upper, integral, start = [], [], [], [], 0
    for var in model.component_objects(pyo.Var):
        count = len(var.index_set()) if var.is_indexed() else 1
        if not count:
            continue
        first = var.index_set().first() if var.is_indexed() else 0
        columns.first[id(var)] = start - first
        families.append(Family(owner_of(var), var.local_name, start, first, count, var.is_indexed()))
        low, high, whole = _bounds_of(var, first)
        lower.append(np.broadcast_to(low, count))
        upper.append(np.broadcast_to(high, count))
        integral.append(np.full(count, whole))
        start += count
    whole_columns = np.concatenate(integral) if integral else np.zeros(0, dtype=bool)
    return tuple(families), (_joined(lower), _joined(upper)), whole_columns


def _bounds_of(var: Any, first: int) -> tuple[Any, Any, bool]:
    some = var[first] if var.is_indexed() else var
    whole = some.is_integer() or some.is_binary()
    bounds = var._rule_bounds
    if not var.is_indexed() or bounds is None or bounds.constant():
        return _number(some.lb, -INFINITY), _number(some.ub, INFINITY), whole
    every = [var[step] for step in var.index_set()]
    low = np.array([_number(one.lb, -INFINITY) for one in every])
    return low, np.array([_number(one.ub, INFINITY) for one in every]), whole


def _rule_of(component: Any) -> Rule:
    owner, name = owner_of(component), component.local_name
    if not component.is_indexed():
        expression = component.template_expr()[0] if hasattr(component, "template_expr") else component.expr
        return Rule(owner, name, (expression,), None, np.zeros(1, dtype=np.int64), False)
    data = list(component.values())
    steps = np.array(list(component.keys()), dtype=np.int64)
    if data and hasattr(data[0], "template_expr"):
        expression, (placeholder,) = data[0].template_expr()
        return Rule(owner, name, (expression,), placeholder, steps, True)
    return Rule(owner, name, tuple(one.expr for one in data), None, steps, True)


def _sides(relation: Any, columns: Columns, bindings: dict[int, Any]) -> tuple[Any, Affine, Any]:
    sides = [evaluate(part, columns, bindings) for part in relation.args]
    if isinstance(relation, RangedExpression):
        return sides[0].constant, sides[1], sides[2].constant
    left, right = sides
    equal = isinstance(relation, EqualityExpression)
    if not equal and not isinstance(relation, InequalityExpression):
        raise NotAffine(f"'{relation}' is neither an equality nor an inequality")
    if not right.terms:
        return right.constant if equal else -INFINITY, left, right.constant
    if not left.terms:
        return left.constant, right, left.constant if equal else INFINITY
    negative = right.scaled(-1.0)
    body = Affine(left.constant + negative.constant, left.terms + negative.terms)
    return 0.0 if equal else -INFINITY, body, 0.0


def _objective_expression(objective: Any) -> Any:
    if objective.sense != pyo.minimize:
        raise NotAffine(f"the objective {objective.name} must be minimised")
    return objective.template_expr()[0] if hasattr(objective, "template_expr") else objective.expr


def owner_of(component: Any) -> str:
    block = component.parent_block()
    if block is block.model():
        return ""
    component = block.parent_component()
    if component.local_name == TOGETHER:
        return together_owner(block.index())
    return str(block.index() if component.is_indexed() else block.local_name)


def _family(rule: Rule, start: int) -> Family:
    first = int(rule.steps[0]) if len(rule.steps) else 0
    return Family(rule.owner, rule.name, start, first, len(rule.steps), rule.indexed)


def _stacked(sides: list[tuple[Any, Affine, Any]]) -> tuple[Floats, Affine, Floats]:
    """Rows of a rule without a template: each has its own terms; shorter ones are filled with nought times column 0."""
    if len(sides) == 1:
        (low, body, high), = sides  # fmt: skip
        return np.asarray(low), body, np.asarray(high)
    longest = max((len(body.terms) for _, body, _ in sides), default=0)
    filled = [body.terms + (Term(np.asarray(0), 0.0),) * (longest - len(body.terms)) for _, body, _ in sides]
    terms = tuple(
        Term(
            np.array([int(row[k].columns) for row in filled]),
            np.array([float(np.asarray(row[k].coefficient)) for row in filled]),
        )
        for k in range(longest)
    )
    constant = np.array([float(np.asarray(body.constant)) for _, body, _ in sides])
    return np.array([low for low, _, _ in sides]), Affine(constant, terms), np.array([high for _, _, high in sides])


def _flat(terms: tuple[Term, ...], start: int, count: int) -> tuple[Ints, Ints, Floats]:
    """Row, column and coefficient of every term, laid end to end."""
    where, which = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    rows = np.arange(start, start + count)
    for term in terms:
        shape = _shape(term, count)
        where.append(np.ravel(np.broadcast_to(rows, shape)))
        which.append(np.ravel(np.broadcast_to(term.columns, shape)))
    return np.concatenate(where), np.concatenate(which), _coefficients(terms, count)


def _coefficients(terms: tuple[Term, ...], count: int) -> Floats:
    """Coefficient of every term in every row, laid end to end."""
    what = (np.broadcast_to(np.asarray(term.coefficient, dtype=float), _shape(term, count)) for term in terms)
    return np.concatenate([np.zeros(0), *(np.ravel(one) for one in what)])


def _shape(term: Term, count: int) -> tuple[int, ...]:
    return np.broadcast_shapes(term.columns.shape, np.shape(term.coefficient), (count,))


def _pattern(rows: list[Ints], columns: list[Ints], shape: tuple[int, int], spans: Mapping[int, slice]) -> Pattern:
    row = np.concatenate(rows) if rows else np.zeros(0, np.int64)
    column = np.concatenate(columns) if columns else np.zeros(0, np.int64)
    key = column * max(shape[0], 1) + row
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    groups = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1]))) if len(ordered) else order
    first = order[groups]
    indptr = np.concatenate(([0], np.cumsum(np.bincount(column[first], minlength=shape[1]))))
    return Pattern(order, groups, row[first], indptr, spans)


def _joined(parts: list[Any]) -> Floats:
    return np.concatenate(parts) if parts else np.zeros(0)


def _number(value: Any, missing: float) -> float:
    return missing if value is None else float(value)
