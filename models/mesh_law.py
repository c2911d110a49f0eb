"""The law of meshes: how the flow in an alternating-current network parts between parallel ways.

In the linear ("DC") approximation the angle between the ends of a branch is its reactance times its flow, plus the shift of a
phase-shifting transformer. Angles add up to nothing around every mesh (Kirchhoff's voltage law), and it is enough to ask this
of a basis of meshes: one for every branch outside a spanning tree. No angle is a decision, which solves faster than the
formulation by angles; J. Hörsch, H. Ronellenfitsch, D. Witthaut and T. Brown, "Linear optimal power flow using cycle flows"
(Electric Power Systems Research, 2018).
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyomo.environ as pyo

from yuqian.models.clock import Floats, Steps
from yuqian.models.units import BASE_MVA

_ROW = "around_"


def is_mesh_row(name: str) -> bool:
    """Whether a rule of that name is one of this law."""
    return name.startswith(_ROW)


@dataclass(frozen=True)
class Branch:
    """What a network is made of: a way for power between two buses.

    Attributes:
        id: of the asset.
        reactance_pu: on the base of 100 MVA; None where the flow is set by a converter, or is not bound by angles.
        shift_deg: of a phase-shifting transformer, from ``bus_from`` to ``bus_to``.
        power_max_mw: in normal operation, both ways.
        power_emergency_max_mw: after an outage elsewhere, both ways.
        flow: decisions that add up to the flow from ``bus_from`` to ``bus_to``, by name, with their signs.
        circuit_count: identical circuits that reactance and ratings are of together; an outage takes one of them.
    """

    id: str
    bus_from: str
    bus_to: str
    reactance_pu: float | None
    shift_deg: float
    power_max_mw: float
    power_emergency_max_mw: float
    flow: Mapping[str, float]
    circuit_count: int = 1

    def flow_mw(self, values: Callable[[str], Floats]) -> Floats:
        """Flow from ``bus_from`` to ``bus_to`` by step, from the values of its decisions."""
        flow: Floats = sum(sign * values(name) for name, sign in self.flow.items())  # type: ignore[assignment]
        return flow

    @property
    def follows_angles(self) -> bool:
        return self.reactance_pu is not None


@dataclass(frozen=True)
class Mesh:
    """A closed way through branches, each with the sign that it is gone along.

    Attributes:
        chord: id of the branch that closes it, the first of ``branches``.
    """

    chord: str
    branches: tuple[tuple[Branch, float], ...]

    @property
    def weights(self) -> tuple[tuple[Branch, float], ...]:
        """Branches with their signed reactance, relative to the largest in the mesh."""
        largest = max(abs(branch.reactance_pu or 0.0) for branch, _ in self.branches)
        return tuple((branch, sign * (branch.reactance_pu or 0.0) / largest) for branch, sign in self.branches)

    @property
    def shift(self) -> float:
        """What the weighted flows add up to, MW: nothing without phase shifters."""
        largest = max(abs(branch.reactance_pu or 0.0) for branch, _ in self.branches)
        turned = sum(sign * branch.shift_deg for branch, sign in self.branches)
        return -math.radians(turned) * BASE_MVA / largest


def islands(branches: Iterable[Branch], without: str | None = None) -> list[frozenset[str]]:
    """Groups of buses that branches with a reactance join, in order of their first bus.

    Args:
        without: id of a branch that is taken to be out.
    """
    left = _neighbours(branches)
    found: list[frozenset[str]] = []
    for start in sorted(left):
        if any(start in island for island in found):
            continue
        seen, waiting = {start}, [start]
        while waiting:
            for branch, other in left[waiting.pop()]:
                if branch.id != without and other not in seen:
                    seen.add(other)
                    waiting.append(other)
        found.append(frozenset(seen))
    return found


def mesh_basis(branches: Iterable[Branch]) -> tuple[Mesh, ...]:
    """A basis of the meshes of branches with a reactance: one for each outside a spanning tree, in order of the branches.

    The tree grows breadth first from the bus with most branches, which keeps meshes short.
    """
    ordered = [branch for branch in branches if branch.follows_angles]
    to_parent = _spanning_tree(ordered)
    tree = {branch.id for branch, _ in to_parent.values()}
    meshes = []
    for chord in ordered:
        if chord.id in tree:
            continue
        # Back from the chord's far end to its near end: the ways to the root, less what they share.
        back, forth = _way_to_root(chord.bus_to, to_parent), _way_to_root(chord.bus_from, to_parent)
        while back and forth and back[-1][0].id == forth[-1][0].id:
            back.pop()
            forth.pop()
        round_trip = [(chord, 1.0), *back, *((branch, -sign) for branch, sign in reversed(forth))]
        meshes.append(Mesh(chord.id, tuple(round_trip)))
    return tuple(meshes)


Neighbours = Mapping[str, Sequence[tuple[Branch, str]]]


def _neighbours(branches: Iterable[Branch]) -> Neighbours:
    found: dict[str, list[tuple[Branch, str]]] = {}
    for branch in branches:
        if branch.follows_angles:
            found.setdefault(branch.bus_from, []).append((branch, branch.bus_to))
            found.setdefault(branch.bus_to, []).append((branch, branch.bus_from))
    return found


def _spanning_tree(branches: Sequence[Branch]) -> dict[str, tuple[Branch, str]]:
    """For each bus but the roots: the branch towards its root, and the bus at that end."""
    near = _neighbours(branches)
    to_parent: dict[str, tuple[Branch, str]] = {}
    seen: set[str] = set()
    for root in sorted(near, key=lambda bus: (-len(near[bus]), bus)):
        if root in seen:
            continue
        seen.add(root)
        waiting = deque([root])
        while waiting:
            bus = waiting.popleft()
            for branch, other in near[bus]:
                if other not in seen:
                    seen.add(other)
                    to_parent[other] = (branch, bus)
                    waiting.append(other)
    return to_parent


def _way_to_root(bus: str, to_parent: Mapping[str, tuple[Branch, str]]) -> list[tuple[Branch, float]]:
    way = []
    while bus in to_parent:
        branch, parent = to_parent[bus]
        way.append((branch, 1.0 if branch.bus_from == bus else -1.0))
        bus = parent
    return way


def declare_meshes(m: pyo.Block, branches: Iterable[Branch], flow: Callable[[Branch, Any], Any], steps: Steps) -> None:
    """Declare Kirchhoff's law on a block: a rule ``around_<chord>`` for each mesh of a basis.

    Args:
        flow: gives the flow of a branch in a step, as an expression.
    """
    for mesh in mesh_basis(branches):
        m.add_component(f"{_ROW}{mesh.chord}", pyo.Constraint(steps.hours, rule=_around(mesh, flow)))


def _around(mesh: Mesh, flow: Callable[[Branch, Any], Any]) -> Callable[[Any, Any], Any]:
    weights, shift = mesh.weights, mesh.shift

    def rule(_: Any, t: Any) -> Any:
        return sum(weight * flow(branch, t) for branch, weight in weights) == shift

    return rule
