"""Evaluates a linear Pyomo expression for all steps at once.

A templatised rule is one expression in which the step is a placeholder. Walking it once with the placeholder bound to *all*
steps, as an array, yields every row's coefficients: columns and coefficients come out as arrays along the steps. Ordinary
expressions, without a placeholder, are the case of one row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from pyomo.core.base.param import IndexedParam, ParamData
from pyomo.core.base.var import IndexedVar, VarData
from pyomo.core.expr import numeric_expr, template_expr
from pyomo.core.expr.template_expr import GetItemExpression, IndexTemplate, TemplateSumExpression

from yuqian.models.clock import Floats
from yuqian.models.step_table import StepTable

Ints = npt.NDArray[np.int64]
Number = float | Floats


class NotAffine(ValueError):
    """The expression is not linear in the decisions, or uses an operator that no linear rule needs."""


@dataclass(frozen=True)
class Term:
    """One linear term: a column for each step, and its coefficient."""

    columns: Ints
    coefficient: Number


@dataclass(frozen=True)
class Affine:
    """``constant + sum of coefficient * x[column]``, along the steps.

    A number, or an array along the steps, for each part. Terms that sum over a set within one row have one more axis in
    front, which the row adds up.
    """

    constant: Number
    terms: tuple[Term, ...] = ()

    def scaled(self, factor: Number) -> Affine:
        return Affine(self.constant * factor, tuple(Term(t.columns, t.coefficient * factor) for t in self.terms))


@dataclass
class Columns:
    """Where each decision lies among the columns, and each number by step among the tables.

    Attributes:
        first: for each indexed Var, by id: its first column less its first index, so that column = first + index.
        tables: for each indexed Param, by id: its values by step, and the first step.
        used: the Params that the current walk has looked up; cleared by the caller.
    """

    first: dict[int, int] = field(default_factory=dict)
    tables: dict[int, tuple[Floats, int]] = field(default_factory=dict)
    used: set[int] = field(default_factory=set)

    def with_tables(self, tables: Mapping[int, tuple[Floats, int]]) -> Columns:
        """The same columns with other numbers by step."""
        return Columns(self.first, dict(tables))

    def of_var(self, var: Any, index: Any) -> Ints:
        return np.asarray(self.first[id(var)] + index, dtype=np.int64)

    def of_param(self, param: Any, index: Any) -> Number:
        key = id(param)
        if key not in self.tables:
            self.tables[key] = table_of(param)
        self.used.add(key)
        table, start = self.tables[key]
        position = np.asarray(index) - start
        if np.any(position < 0) or np.any(position >= len(table)):
            raise NotAffine(f"{param.name} is looked up outside its steps")
        found: Number = table[position.astype(np.int64)]
        return found


def table_of(param: Any) -> tuple[Floats, int]:
    """Values of an indexed Param by step, and its first step."""
    if isinstance(param, StepTable):
        return param.by_step(), param.first
    values = param.extract_values()
    steps = list(values)
    if steps != list(range(steps[0], steps[0] + len(steps))):
        raise NotAffine(f"{param.name} must be indexed by consecutive steps")
    return np.array(list(values.values()), dtype=float), steps[0]


Bindings = Mapping[int, Any]
"""Value of each placeholder, by id of the IndexTemplate: a step, or an array of steps."""


def evaluate(expression: Any, columns: Columns, bindings: Bindings) -> Affine:
    """Walk an expression with placeholders bound to arrays of steps.

    Raises:
        NotAffine: for a product of decisions, or an operator outside +, -, *, / and sums.
    """
    handler = _HANDLERS.get(expression.__class__)
    if handler is not None:
        return handler(expression, columns, bindings)
    if isinstance(expression, (int, float, np.number)):
        return Affine(float(expression))
    if isinstance(expression, VarData):
        return _var(expression, columns, bindings)
    if isinstance(expression, ParamData):
        owner = expression.parent_component()
        return Affine(columns.of_param(owner, expression.index()) if owner.is_indexed() else float(expression.value))
    raise NotAffine(f"'{expression}' ({type(expression).__name__}) has no place in a linear rule")


def _placeholder(node: IndexTemplate, columns: Columns, bindings: Bindings) -> Affine:
    try:
        return Affine(bindings[id(node)])
    except KeyError:
        raise NotAffine(f"the placeholder {node} is not bound to any steps") from None


def _var(node: VarData, columns: Columns, bindings: Bindings) -> Affine:
    if node.fixed:
        return Affine(float(node.value))
    owner = node.parent_component()
    index = node.index() if owner.is_indexed() else 0
    return Affine(0.0, (Term(columns.of_var(owner, index), 1.0),))


def _item(node: GetItemExpression, columns: Columns, bindings: Bindings) -> Affine:
    component, *indices = node.args
    if len(indices) != 1:
        raise NotAffine(f"{component} must be indexed by the step alone")
    index = _constant(evaluate(indices[0], columns, bindings), node)
    if isinstance(component, IndexedVar):
        return Affine(0.0, (Term(columns.of_var(component, index), 1.0),))
    if isinstance(component, IndexedParam):
        return Affine(columns.of_param(component, index))
    raise NotAffine(f"{component} is neither a decision nor a number by step")


def _sum(node: Any, columns: Columns, bindings: Bindings) -> Affine:
    constant: Number = 0.0
    terms: list[Term] = []
    for part in node.args:
        value = evaluate(part, columns, bindings)
        constant = constant + value.constant
        terms.extend(value.terms)
    return Affine(constant, tuple(terms))


def _product(node: Any, columns: Columns, bindings: Bindings) -> Affine:
    left, right = (evaluate(part, columns, bindings) for part in node.args)
    if left.terms and right.terms:
        raise NotAffine(f"'{node}' multiplies decisions")
    return right.scaled(left.constant) if right.terms else left.scaled(right.constant)


def _division(node: Any, columns: Columns, bindings: Bindings) -> Affine:
    above, below = (evaluate(part, columns, bindings) for part in node.args)
    return above.scaled(1.0 / _constant(below, node))


def _negation(node: Any, columns: Columns, bindings: Bindings) -> Affine:
    return evaluate(node.args[0], columns, bindings).scaled(-1.0)


def _sum_over_sets(node: TemplateSumExpression, columns: Columns, bindings: Bindings) -> Affine:
    if bindings:
        raise NotAffine(f"'{node}' sums over a set in a rule by step; only a scalar rule may")
    bound: dict[int, Any] = {}
    for group in node.template_iters():
        if len(group) != 1 or bound:
            raise NotAffine(f"'{node}' must sum over one set of steps")
        bound[id(group[0])] = np.fromiter(group[0]._set, dtype=np.int64)
    (steps,) = bound.values()
    (inside,) = node.template_args()[:1]
    value = evaluate(inside, columns, bound)
    constant = float(np.sum(np.broadcast_to(value.constant, steps.shape)))
    terms = tuple(
        Term(np.broadcast_to(t.columns, steps.shape)[:, None], np.broadcast_to(t.coefficient, steps.shape)[:, None])
        for t in value.terms
    )
    return Affine(constant, terms)


def _constant(value: Affine, node: Any) -> Number:
    if value.terms:
        raise NotAffine(f"'{node}' needs a number where it has a decision")
    return value.constant


_HANDLERS: dict[type, Callable[[Any, Columns, Bindings], Affine]] = {
    IndexTemplate: _placeholder,
    GetItemExpression: _item,
    template_expr.Numeric_GetItemExpression: _item,
    template_expr.NPV_Numeric_GetItemExpression: _item,
    TemplateSumExpression: _sum_over_sets,
    numeric_expr.SumExpression: _sum,
    numeric_expr.LinearExpression: _sum,
    numeric_expr.NPV_SumExpression: _sum,
    numeric_expr.ProductExpression: _product,
    numeric_expr.MonomialTermExpression: _product,
    numeric_expr.NPV_ProductExpression: _product,
    numeric_expr.DivisionExpression: _division,
    numeric_expr.NPV_DivisionExpression: _division,
    numeric_expr.NegationExpression: _negation,
    numeric_expr.NPV_NegationExpression: _negation,
}
