"""Linear power flow: how injections part among the branches of a network, and how an outage moves the flow of one to others.

Distribution factors as in A. J. Wood, B. F. Wollenberg and G. B. Sheblé, "Power Generation, Operation, and Control" (third
edition, 2014), chapter 7. Branches without a reactance are no part of it: what they carry is injected at their ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from yuqian.models.book import Answer
from yuqian.models.clock import Floats
from yuqian.models.kind import Kind
from yuqian.models.mesh_law import Branch, islands
from yuqian.models.units import BASE_MVA

SMALLEST_SHARE = 1e-9
"""Share of an outaged flow that is rounding: the branch lies beyond a bus that all flow passes."""


class NetworkError(ValueError):
    """A network whose flows are not determined; the message names the island."""


@dataclass(frozen=True)
class Network:
    """Branches with a reactance and the buses that they join; rows and columns of all matrices are in these orders.

    Attributes:
        branches: in order of id.
        buses: in order of name.
    """

    branches: tuple[Branch, ...]
    buses: tuple[str, ...]

    @classmethod
    def of(cls, assets: Iterable[Kind]) -> Network:
        """The network of all assets that are branches with a reactance."""
        found = (asset.branch() for asset in assets)
        return cls.between(branch for branch in found if branch is not None)

    @classmethod
    def between(cls, branches: Iterable[Branch]) -> Network:
        """The network of some branches; those without a reactance are left out."""
        meshed = tuple(sorted((b for b in branches if b.follows_angles), key=lambda branch: branch.id))
        return cls(meshed, tuple(sorted({bus for branch in meshed for bus in (branch.bus_from, branch.bus_to)})))

    @cached_property
    def incidence(self) -> Floats:
        """1 where a branch begins and -1 where it ends, shape (branches, buses)."""
        place = {bus: k for k, bus in enumerate(self.buses)}
        ends = np.zeros((len(self.branches), len(self.buses)))
        for k, branch in enumerate(self.branches):
            ends[k, place[branch.bus_from]], ends[k, place[branch.bus_to]] = 1.0, -1.0
        return ends

    @cached_property
    def susceptance(self) -> Floats:
        """MW per radian between the ends, shape (branches,)."""
        return np.array([BASE_MVA / branch.reactance_pu for branch in self.branches if branch.reactance_pu])

    @cached_property
    def shift(self) -> Floats:
        """Shift of every branch in radians, shape (branches,)."""
        return np.radians([branch.shift_deg for branch in self.branches])

    @cached_property
    def islands(self) -> tuple[frozenset[str], ...]:
        """Groups of buses that branches join."""
        return tuple(islands(self.branches))

    def watches(self, line: int, outage: int) -> bool:
        """Whether an outage, by position, can move the flow of a line: they share an island, and some of the line is left."""
        if line == outage:
            return self.branches[line].circuit_count > 1
        return any({self.branches[line].bus_from, self.branches[outage].bus_from} <= island for island in self.islands)

    def ptdf(self, slack: Iterable[str] = ()) -> Floats:
        """Power transfer distribution factors: flow of a branch per MW injected at a bus and taken out at the slack of its
        island, shape (branches, buses).

        Args:
            slack: a bus of every island whose slack it is to be; elsewhere the first.

        Raises:
            NetworkError: if reactances of both signs cancel, so that no angles are determined.
        """
        flow: Floats = self.susceptance[:, None] * (self.incidence @ self._angles_per_mw(frozenset(slack)))
        return flow

    def flows(self, injection_mw: Floats) -> Floats:
        """Flow of every branch for what is injected at the buses, shape (branches, ...) from (buses, ...).

        Injections of an island must add up to nothing; what does not is taken out at its slack.
        """
        shifted = self.susceptance * self.shift
        per_mw = self._angles_per_mw(frozenset())
        angles = per_mw @ injection_mw + np.reshape(per_mw @ (self.incidence.T @ shifted), (-1, *[1] * (injection_mw.ndim - 1)))
        wide = (-1, *[1] * (injection_mw.ndim - 1))
        flow: Floats = np.reshape(self.susceptance, wide) * (self.incidence @ angles) - np.reshape(shifted, wide)
        return flow

    @cached_property
    def circuits(self) -> Floats:
        """Identical circuits of every branch, shape (branches,)."""
        return np.array([branch.circuit_count for branch in self.branches], dtype=float)

    @cached_property
    def cut_off(self) -> Mapping[str, frozenset[str]]:
        """For each branch of one circuit whose outage parts its island: the buses of the smaller part, by id of the branch."""
        found = {}
        for branch in self.branches:
            if branch.circuit_count > 1:
                continue
            parts = [part for part in islands(self.branches, without=branch.id) if part & {branch.bus_from, branch.bus_to}]
            if len(parts) > 1:
                found[branch.id] = min(parts, key=lambda part: (len(part), sorted(part)))
        return found

    def lodf(self) -> Floats:
        """Line outage distribution factors: what a branch takes over when another loses one circuit, as a share of the flow
        that all circuits of the other carried; shape (branches, branches), the outaged in columns.

        On the diagonal what the branch itself gives up: -1 for a single circuit, less where others of its own are left.
        Exactly nought where rounding is all there is. Columns of branches whose outage makes an island are NaN.
        """
        transfer, circuits = self.ptdf() @ self.incidence.T, self.circuits
        own = np.diag(transfer)
        alone = np.array([branch.id in self.cut_off for branch in self.branches], dtype=bool)
        taken = 1.0 / np.where(alone, np.nan, circuits - own)
        factors: Floats = transfer * taken
        factors[np.abs(factors) < SMALLEST_SHARE] = 0.0
        np.fill_diagonal(factors, (own * taken * (circuits - 1.0) - 1.0) / circuits)
        return factors

    def flows_of(self, answers: Mapping[str, Answer]) -> Floats:
        """Flow of every branch in an answer, shape (branches, steps)."""
        return np.stack([branch.flow_mw(answers[branch.id].__getattr__) for branch in self.branches])

    def _angles_per_mw(self, slack: frozenset[str]) -> Floats:
        """Angles in radians per MW injected at each bus, nought at the slack of every island; shape (buses, buses)."""
        angles = np.zeros((len(self.buses), len(self.buses)))
        laplacian = self.incidence.T @ (self.susceptance[:, None] * self.incidence)
        for island in self.islands:
            chosen = sorted(island & slack) or sorted(island)
            rest = np.array([k for k, bus in enumerate(self.buses) if bus in island and bus != chosen[0]], dtype=np.int64)
            try:
                angles[np.ix_(rest, rest)] = np.linalg.inv(laplacian[np.ix_(rest, rest)])
            except np.linalg.LinAlgError:
                raise NetworkError(f"the flows of the island with '{chosen[0]}' are not determined by its reactances") from None
        return angles
