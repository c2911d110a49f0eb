"""Distribution factors: independent of the slack, the same as meshes give, and an outage as if the branch were not there."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yuqian.models.clock import Floats
from yuqian.models.mesh_law import Branch, mesh_basis
from yuqian.optimise.power_flow import Network, NetworkError

seeds = given(st.integers(0, 10_000))
some = settings(max_examples=40, deadline=None, derandomize=True)


def branch(name: str, bus_from: str, bus_to: str, reactance_pu: float | None, shift_deg: float = 0.0) -> Branch:
    return Branch(name, bus_from, bus_to, reactance_pu, shift_deg, 100.0, 100.0, {"flow_mw": 1.0})


def network(seed: int, shifted: bool = False) -> tuple[Network, Floats]:
    """A connected network with parallel branches, and injections that add up to nothing, shape (buses, 3)."""
    draw = random.Random(seed)
    count = draw.randint(2, 7)
    ends = [(k, draw.randrange(k)) for k in range(1, count)]
    ends += [(a, b) for a, b in (draw.sample(range(count), 2) for _ in range(draw.randint(0, 6)))]
    made = Network.between(
        branch(
            f"line_{k:02d}", f"bus_{a}", f"bus_{b}", draw.uniform(0.002, 0.05),
            draw.uniform(-5, 5) if shifted and draw.random() < 0.4 else 0.0,
        )
        for k, (a, b) in enumerate(ends)
    )  # fmt: skip
    injection = np.array([[draw.uniform(-100, 100) for _ in range(3)] for _ in made.buses])
    return made, injection - injection.mean(axis=0)


def by_meshes(made: Network, injection: Floats) -> Floats:
    """Flows from Kirchhoff's two laws alone: what leaves each bus, and nothing around each mesh."""
    place = {one.id: k for k, one in enumerate(made.branches)}
    rows, right = [*made.incidence.T], [*injection]
    for mesh in mesh_basis(made.branches):
        row = np.zeros(len(made.branches))
        for one, weight in mesh.weights:
            row[place[one.id]] += weight
        rows.append(row)
        right.append(np.full(injection.shape[1], mesh.shift))
    flow: Floats = np.linalg.lstsq(np.stack(rows), np.stack(right), rcond=None)[0]
    return flow


@some
@seeds
def test_flows_equal_those_of_the_meshes(seed: int) -> None:
    made, injection = network(seed)
    assert made.ptdf() @ injection == pytest.approx(by_meshes(made, injection), rel=1e-9, abs=1e-9)


@some
@seeds
def test_flows_with_phase_shifters_equal_those_of_the_meshes(seed: int) -> None:
    made, injection = network(seed, shifted=True)
    assert made.flows(injection) == pytest.approx(by_meshes(made, injection), rel=1e-9, abs=1e-6)


@some
@seeds
def test_flows_do_not_depend_on_the_slack(seed: int) -> None:
    made, injection = network(seed)
    wanted = made.ptdf() @ injection
    for bus in made.buses:
        assert made.ptdf(slack=[bus]) @ injection == pytest.approx(wanted, rel=1e-9, abs=1e-9)


@some
@seeds
def test_factors_of_transfers(seed: int) -> None:
    """No branch takes more than all of a transfer; what a transfer sends into a bus that is no end of it, leaves it again."""
    made, _ = network(seed)
    factors = made.ptdf()
    assert np.abs(factors).max() <= 1.0 + 1e-9
    assert np.all(factors[:, 0] == 0.0)
    arrives = made.incidence.T @ factors
    wanted = np.eye(len(made.buses))
    wanted[0, :] = -1.0
    wanted[:, 0] = 0.0
    assert arrives == pytest.approx(wanted, abs=1e-9)


@some
@seeds
def test_an_outage_is_as_if_the_branch_were_not_there(seed: int) -> None:
    made, injection = network(seed, shifted=True)
    before, factors = made.flows(injection), made.lodf()
    for k, out in enumerate(made.branches):
        if out.id in made.cut_off:
            assert np.isnan(factors[:, k]).all()
            continue
        after = before + factors[:, [k]] * before[[k], :]
        rest = Network.between(one for one in made.branches if one is not out)
        assert rest.buses == made.buses
        assert np.delete(after, k, axis=0) == pytest.approx(rest.flows(injection), rel=1e-8, abs=1e-6)
        assert after[k] == pytest.approx(np.zeros(3), abs=1e-6)


@some
@seeds
def test_an_outage_of_one_circuit_is_as_if_that_circuit_were_not_there(seed: int) -> None:
    made, injection = network(seed, shifted=True)
    made = Network.between(replace(one, circuit_count=2 + k % 2) for k, one in enumerate(made.branches))
    before, factors = made.flows(injection), made.lodf()
    assert not made.cut_off
    for k, out in enumerate(made.branches):
        after = before + factors[:, [k]] * before[[k], :]
        kept = 1 - 1 / out.circuit_count
        rest = Network.between(
            replace(one, reactance_pu=(one.reactance_pu or 0.0) / kept) if one is out else one for one in made.branches
        )
        assert after == pytest.approx(rest.flows(injection), rel=1e-8, abs=1e-6)


def test_branches_whose_outage_cuts_buses_off_are_named() -> None:
    made = Network.between(
        [branch("ring_1", "a", "b", 0.1), branch("ring_2", "b", "c", 0.1), branch("ring_3", "c", "a", 0.1),
         branch("spur", "c", "d", 0.1), branch("end", "d", "e", 0.1), branch("tie", "e", "a", None)]
    )  # fmt: skip
    assert made.cut_off == {"spur": frozenset({"d", "e"}), "end": frozenset({"e"})}
    assert [one.id for one in made.branches] == ["end", "ring_1", "ring_2", "ring_3", "spur"]


def test_reactances_that_cancel_are_refused() -> None:
    made = Network.between([branch("coil", "a", "b", 0.1), branch("capacitor", "a", "b", -0.1)])
    with pytest.raises(NetworkError, match="island with 'a'"):
        made.ptdf()
