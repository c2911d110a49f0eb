"""Numbers by step: the array behind, the single numbers in front, and what a rule sees of both."""

from __future__ import annotations

import numpy as np
import pyomo.environ as pyo
import pytest

from yuqian.models.step_table import StepTable
from yuqian.optimise.compile import compile_model, templates

VALUES = np.array([3.0, 1.5, 2.0, 7.0])


@pytest.fixture
def model() -> pyo.ConcreteModel:
    m = pyo.ConcreteModel()
    m.steps = pyo.Set(initialize=range(-1, 3))
    m.limit = StepTable(m.steps, VALUES)
    m.x = pyo.Var(m.steps, dense=False, bounds=(0, None))
    with templates():
        m.below = pyo.Constraint(m.steps, rule=lambda m, t: m.x[t] <= 2 * m.limit[t])
        m.most = pyo.Objective(rule=lambda m: -sum(m.x[t] for t in m.steps))
    return m


def test_a_step_is_looked_up_and_can_be_set(model: pyo.ConcreteModel) -> None:
    assert [pyo.value(model.limit[t]) for t in model.steps] == VALUES.tolist()
    model.limit[1] = 9.0
    assert model.limit.by_step().tolist() == [3.0, 1.5, 9.0, 7.0]
    assert model.limit.first == -1


def test_declaring_makes_no_object_for_a_step(model: pyo.ConcreteModel) -> None:
    assert list(model.limit.sparse_keys()) == []


def test_the_compiler_sees_numbers_set_one_by_one(model: pyo.ConcreteModel) -> None:
    model.limit[2] = 0.5
    _, upper = compile_model(model).column_bounds
    assert upper.tolist() == [6.0, 3.0, 4.0, 1.0]


def test_a_clone_has_its_own_numbers() -> None:
    model = pyo.ConcreteModel()
    model.steps = pyo.Set(initialize=range(-1, 3))
    model.limit = StepTable(model.steps, VALUES)
    other = model.clone()
    other.limit[0] = 100.0
    assert model.limit.by_step().tolist() == VALUES.tolist()
    assert other.limit.by_step().tolist() == [3.0, 100.0, 2.0, 7.0]


def test_another_number_of_values_is_refused() -> None:
    m = pyo.ConcreteModel()
    m.steps = pyo.Set(initialize=range(3))
    with pytest.raises(ValueError, match=r"over 3 steps got values of shape \(4,\)"):
        StepTable(m.steps, VALUES)
