"""N-1: what each line would carry after the outage of any other, and a dispatch that no outage overloads.

An outage moves the flow of a line to the others by fixed shares (:meth:`Network.lodf`), so all outages in all hours are
screened by products of arrays. Of a line with several circuits an outage takes one; what is left of it is watched too. What
is overloaded becomes a row of the program, and only that: ``flow of the line + share * flow of the outaged line`` within the
emergency rating. The program is solved again from its last basis until no outage overloads anything, which is the optimum
with every outage written out; the security is preventive, without redispatch after the outage.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import highspy
import numpy as np
import numpy.typing as npt
from highspy import HighsBasisStatus

from yuqian.models.clock import Floats
from yuqian.models.mesh_law import Branch
from yuqian.optimise.affine import Ints
from yuqian.optimise.answers import answers
from yuqian.optimise.assemble import Assembly
from yuqian.optimise.power_flow import Network
from yuqian.optimise.program import ExtraRows, Program
from yuqian.optimise.solve import Report, Solution, SolverOptions, solve

TOLERANCE_MW = 1e-4
"""Overload that is taken for none; the solver's own is smaller."""
MOST_ROUNDS = 50


@dataclass(frozen=True)
class Pair:
    """A line and an outage, and the worst that the one carries after the other.

    Attributes:
        line, outage: ids.
        share: of the outaged line's flow that the line takes over.
        worst_mw: largest flow after the outage, signed.
        limit_mw: emergency rating, of what is left of the line.
        step: where it is largest.
        steps_over: in how many steps the rating is exceeded.
    """

    line: str
    outage: str
    share: float
    worst_mw: float
    limit_mw: float
    step: int
    steps_over: int

    @property
    def loading_fraction(self) -> float:
        return abs(self.worst_mw) / self.limit_mw


@dataclass(frozen=True)
class Screening:
    """Every single outage in every step.

    Attributes:
        network: the branches, in the order of all arrays.
        steps: how many.
        pairs: a line and an outage each, of all that were screened, the worst loading first.
        overloaded: (line, outage, step), positions in the network, shape (overloads, 3).
    """

    network: Network
    steps: int
    pairs: tuple[Pair, ...]
    overloaded: Ints

    @property
    def screened(self) -> int:
        """How many combinations of line, outage and step."""
        return len(self.pairs) * self.steps

    @property
    def islands(self) -> Mapping[str, frozenset[str]]:
        """Outages that cut buses off, which no flow on other lines can replace: buses by outage."""
        return self.network.cut_off

    @cached_property
    def violated(self) -> tuple[Pair, ...]:
        """Pairs that exceed the emergency rating in some step."""
        return tuple(pair for pair in self.pairs if pair.steps_over)


def screen(network: Network, flow_mw: Floats, tolerance_mw: float = TOLERANCE_MW) -> Screening:
    """What every line carries after every single outage that moves its flow.

    Args:
        flow_mw: of every branch by step, shape (branches, steps).
        tolerance_mw: overload that is taken for none.
    """
    shares, limits = network.lodf(), np.array([branch.power_emergency_max_mw for branch in network.branches])
    pairs, overloaded = [], [np.zeros((0, 3), dtype=np.int64)]
    for k, outage in enumerate(network.branches):
        if outage.id in network.cut_off:
            continue
        after = flow_mw + shares[:, [k]] * flow_mw[[k], :]
        left = limits.copy()
        left[k] *= 1.0 - 1.0 / outage.circuit_count
        over = np.abs(after) > left[:, None] + tolerance_mw
        over[k] &= outage.circuit_count > 1
        lines, steps = np.nonzero(over)
        overloaded.append(np.stack([lines, np.full_like(lines, k), steps], axis=1))
        worst = np.abs(after).argmax(axis=1)
        pairs += [
            Pair(
                branch.id, outage.id, float(shares[m, k]), float(after[m, worst[m]]), float(left[m]), int(worst[m]),
                int(over[m].sum()),
            )
            for m, branch in enumerate(network.branches)
            if network.watches(m, k) and (m == k or shares[m, k])
        ]  # fmt: skip
    pairs.sort(key=lambda pair: (-pair.loading_fraction, pair.line, pair.outage))
    return Screening(network, flow_mw.shape[1], tuple(pairs), np.concatenate(overloaded))


@dataclass(frozen=True)
class Secured:
    """A dispatch that no single outage overloads.

    Attributes:
        program: with the rows of what was overloaded on the way.
        solution: of that program; if it is infeasible, no dispatch keeps all its rows.
        first, last: screening of the given solution, and of this one.
        added: rows by round.
    """

    program: Program
    solution: Solution
    first: Screening
    last: Screening
    added: tuple[int, ...]

    @property
    def is_secure(self) -> bool:
        return self.solution.x is not None and not len(self.last.overloaded)


def secure(
    assembly: Assembly,
    program: Program,
    solution: Solution,
    options: SolverOptions | None = None,
    report: Report | None = None,
) -> Secured:
    """The best dispatch that no single outage overloads, beginning with an optimum without that.

    Outages that cut buses off are left out and named by the screening.

    Args:
        solution: of ``program``, with its basis if it is a linear one.
    """
    network, known = Network.of(assembly.assets), _Rows(Network.of(assembly.assets), program)
    found = first = screen(network, network.flows_of(answers(assembly, program, solution)))
    added: list[int] = []
    while len(found.overloaded) and len(added) < MOST_ROUNDS:
        before = known.count
        basis = known.extend(found.overloaded, solution.basis)
        if known.count == before:
            break
        added.append(known.count - before)
        program = program.with_rows(known.rows())
        hot = options or SolverOptions()
        solution = solve(program, replace(hot, presolve=basis is None and hot.presolve), report, start=basis)
        if solution.x is None:
            break
        found = screen(network, network.flows_of(answers(assembly, program, solution)))
    return Secured(program, solution, first, found, tuple(added))


def every_row(network: Network, program: Program, steps: int) -> Sequence[ExtraRows]:
    """Rows for all outages in all steps, whether they bind or not: what :func:`secure` reaches with far fewer."""
    known, shares = _Rows(network, program), network.lodf()
    known.extend(
        np.array(
            [
                (m, k, t)
                for k, outage in enumerate(network.branches)
                for m in range(len(network.branches))
                for t in range(steps)
                if outage.id not in network.cut_off and network.watches(m, k) and (m == k or shares[m, k])
            ],
            dtype=np.int64,
        ).reshape(-1, 3),
        None,
    )
    return known.rows()


class _Rows:
    """The rows added so far, in order of line, outage and step, and the basis that goes with them."""

    def __init__(self, network: Network, program: Program) -> None:
        self._network = network
        self._shares = network.lodf()
        self._families = program.layout.by_column_name
        self._own_rows = program.row_count - sum(len(rows.steps) for rows in program.extra)
        self._triples = np.zeros((0, 3), dtype=np.int64)

    @property
    def count(self) -> int:
        return len(self._triples)

    def extend(self, triples: Ints, basis: highspy.HighsBasis | None) -> highspy.HighsBasis | None:
        """Take in further triples; the basis with new rows basic, which keeps it a vertex of the larger problem."""
        before = {tuple(triple): k for k, triple in enumerate(self._triples.tolist())}
        self._triples = np.unique(np.concatenate([self._triples, triples]), axis=0)
        if basis is None:
            return None
        status = list(basis.row_status)
        own, extra = status[: self._own_rows], status[self._own_rows :]
        places = (before.get(tuple(triple)) for triple in self._triples.tolist())
        basis.row_status = own + [HighsBasisStatus.kBasic if k is None else extra[k] for k in places]
        return basis

    def rows(self) -> list[ExtraRows]:
        """One family for each line and outage."""
        pairs, begins = np.unique(self._triples[:, :2], axis=0, return_index=True)
        return [
            self._family(int(m), int(k), steps[:, 2])
            for (m, k), steps in zip(pairs, np.split(self._triples, begins[1:]), strict=True)
        ]

    def _family(self, m: int, k: int, steps: Ints) -> ExtraRows:
        line, outage = self._network.branches[m], self._network.branches[k]
        columns, signs, among = [], [], 0
        share, left = float(self._shares[m, k]), 1.0
        terms = [(line, 1.0), (outage, share)]
        if m == k:
            terms, left = [(line, 1.0 + share)], 1.0 - 1.0 / line.circuit_count
        for branch, weight in terms:
            for name, sign in branch.flow.items():
                family = self._families[branch.id, name]
                columns.append(family.start + steps - family.first)
                signs.append(sign * weight)
                among = family.count
        limit = np.full(len(steps), left * line.power_emergency_max_mw)
        coefficients: Floats = np.broadcast_to(signs, (len(steps), len(signs))).astype(float)
        return ExtraRows(
            line.id, f"without_{outage.id}", steps, among, np.stack(columns, axis=1), coefficients, -limit, limit
        )  # fmt: skip


@dataclass(frozen=True)
class Loading:
    """How full a branch is over the steps of an answer.

    Attributes:
        highest_fraction: of its rating.
        hours_above: hours above 90 % of it.
        mean_mw: average flow, signed.
    """

    branch: Branch
    highest_fraction: float
    hours_above: float
    mean_mw: float


NEARLY_FULL = 0.9


def loadings(branches: Sequence[Branch], flow_mw: Floats, hours: Floats) -> tuple[Loading, ...]:
    """Loading of branches, the fullest first.

    Args:
        flow_mw: shape (branches, steps).
        hours: length of every step, shape (steps,).
    """
    found = []
    for branch, flow in zip(branches, flow_mw, strict=True):
        share: npt.NDArray[np.float64] = np.abs(flow) / branch.power_max_mw if branch.power_max_mw else np.zeros(len(flow))
        mean = float(flow @ hours / hours.sum())
        # A dispatch may rest on the mark itself.
        above = float(hours[share > NEARLY_FULL + 1e-9].sum())
        found.append(Loading(branch, float(share.max()), above, mean))
    return tuple(sorted(found, key=lambda one: (-one.highest_fraction, one.branch.id)))
