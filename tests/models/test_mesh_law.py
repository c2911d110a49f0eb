"""Meshes of a network: how many there are, that each closes, and that together they are all of Kirchhoff's law."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from yuqian.models.line import Line
from yuqian.models.mesh_law import Branch, Mesh, islands, mesh_basis


def branch(name: str, bus_from: str, bus_to: str, reactance_pu: float | None = 0.01, shift_deg: float = 0.0) -> Branch:
    return Branch(name, bus_from, bus_to, reactance_pu, shift_deg, 100.0, 100.0, {"flow_mw": 1.0})


def random_network(seed: int) -> list[Branch]:
    """Some islands with meshes, parallel branches and transport elements."""
    draw = random.Random(seed)
    count = draw.randint(2, 8)
    found = []
    for k in range(draw.randint(1, 16)):
        ends = draw.sample(range(count), 2)
        reactance = None if draw.random() < 0.2 else draw.uniform(0.002, 0.05)
        found.append(branch(f"line_{k:02d}", f"bus_{ends[0]}", f"bus_{ends[1]}", reactance))
    return found


def leaves_no_bus(mesh: Mesh) -> bool:
    """Whether going round ends in every bus as often as it begins there, and follows on from branch to branch."""
    at = mesh.branches[0][0].bus_from
    for one, sign in mesh.branches:
        begin, end = (one.bus_from, one.bus_to) if sign > 0 else (one.bus_to, one.bus_from)
        if begin != at:
            return False
        at = end
    return at == mesh.branches[0][0].bus_from


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(0, 10_000))
def test_basis_has_the_right_size_and_every_mesh_closes(seed: int) -> None:
    branches = random_network(seed)
    meshed = [one for one in branches if one.follows_angles]
    basis = mesh_basis(branches)
    buses = {bus for one in meshed for bus in (one.bus_from, one.bus_to)}
    assert len(basis) == len(meshed) - len(buses) + len(islands(branches))
    assert all(leaves_no_bus(mesh) for mesh in basis)
    matrix = np.zeros((len(basis), len(branches)))
    place = {one.id: k for k, one in enumerate(branches)}
    for row, mesh in zip(matrix, basis, strict=True):
        for one, sign in mesh.branches:
            row[place[one.id]] += sign
    assert np.linalg.matrix_rank(matrix) == len(basis) if basis else True


def test_parallel_branches_make_a_mesh_of_two() -> None:
    (mesh,) = mesh_basis([branch("a", "x", "y", 0.01), branch("b", "y", "x", 0.02)])
    assert mesh.chord == "b"
    assert [(one.id, sign) for one, sign in mesh.branches] == [("b", 1.0), ("a", 1.0)]
    assert [weight for _, weight in mesh.weights] == [1.0, 0.5]


def test_a_transport_element_is_in_no_mesh_and_parts_islands() -> None:
    branches = [branch("a", "x", "y"), branch("b", "x", "y", None), branch("c", "y", "z", None), branch("d", "z", "w")]
    assert mesh_basis(branches) == ()
    assert islands(branches) == [frozenset({"w", "z"}), frozenset({"x", "y"})]
    assert islands(branches, without="a") == [frozenset({"w", "z"}), frozenset({"x"}), frozenset({"y"})]


def test_a_phase_shifter_turns_its_mesh() -> None:
    """180/pi degrees over 0.02 + 0.03 pu: a radian drives 100 MVA / 0.05 pu through two branches in a ring."""
    (mesh,) = mesh_basis([branch("a", "x", "y", 0.02, np.degrees(1.0)), branch("b", "y", "x", 0.03)])
    assert abs(mesh.shift / sum(weight for _, weight in mesh.weights)) == pytest.approx(100.0 / 0.05)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"reactance_pu": 0.0}, "leave it out for a transport element"),
        ({"phase_shift_deg": 5.0}, "a phase shift needs the reactance_pu"),
        ({"loss_cut_count": 3}, "needs a resistance_pu above nought"),
        ({"loss_cut_count": 3, "resistance_pu": 0.01, "loss_fraction": 0.01}, "no loss_fraction beside it"),
        ({"power_emergency_max_mw": 50.0}, "must not be below power_max_mw"),
        ({"bus_to": "x"}, "two different buses"),
    ],
)
def test_a_line_that_makes_no_sense_is_refused(fields: dict[str, float], said: str) -> None:
    given = {"id": "line", "bus_from": "x", "bus_to": "y", "power_max_mw": 100.0, "loss_fraction": 0.0, **fields}
    with pytest.raises(ValidationError, match=said):
        Line.model_validate(given)
