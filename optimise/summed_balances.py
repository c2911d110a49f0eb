"""Sums of balances: what a network as a whole gives and takes in one step.

The power that a line carries stands twice in the balances of a step, once given and once taken, so that in the sum of all
balances that lines join only generation, demand and exchange with the outside are left. No single balance says as much.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse
from scipy.sparse.csgraph import connected_components

from yuqian.models.clock import Floats
from yuqian.optimise.affine import Ints
from yuqian.optimise.program import Program

LEDGER = "balance"
"""Owner of the rows that the ledger closes."""
LOST_MAX = 0.25
"""Largest share that may be lost of what joins two balances; what loses more turns one thing into another."""
NOUGHT = 1e-9
"""Coefficients that cancelled but for rounding, relative to one."""


@dataclass(frozen=True)
class SummedRows:
    """Rows that follow from those of a program.

    Attributes:
        matrix: shape (rows, columns), CSR.
        low, high: limits, shape (rows,); infinite where open.
    """

    matrix: sparse.csr_array
    low: Floats
    high: Floats

    @property
    def count(self) -> int:
        return len(self.low)


@dataclass(frozen=True)
class SummedBalances:
    """The balances of a program, and which of them lines join in the same step.

    Attributes:
        positions: rows of the program, shape (balances,).
        network: of each, numbered from 0, shape (balances,).
        matrix: those rows, CSR.
        low, high: limits, shape (balances,).
    """

    positions: Ints
    network: Ints
    matrix: sparse.csr_array
    low: Floats
    high: Floats

    @classmethod
    def of(cls, program: Program) -> SummedBalances:
        """Find them."""
        families = [family for family in program.layout.rows if family.owner == LEDGER]
        if not families:
            nothing = np.zeros(0, dtype=np.int64)
            return cls(nothing, nothing, sparse.csr_array((0, program.column_count)), np.zeros(0), np.zeros(0))
        positions = np.concatenate([np.arange(family.start, family.stop) for family in families])
        steps = np.concatenate([np.asarray(family.at_steps()) for family in families])
        timeline = np.concatenate([np.full(family.count, family.among or family.count) for family in families])
        matrix = sparse.csr_array(sparse.csr_array(program.matrix)[positions])
        network = _joined(sparse.csc_array(matrix), steps, timeline)
        return cls(positions, network, matrix, program.row_lower[positions], program.row_upper[positions])

    def weighed(self, weights: Floats) -> SummedRows:
        """One row for each network: its balances summed with weights, shape (balances,). A network without weights is left
        open both ways."""
        networks = int(self.network.max(initial=-1)) + 1
        sums = sparse.csr_array((weights, (self.network, np.arange(len(weights)))), shape=(networks, len(weights)))
        matrix = sparse.csr_array(sums @ self.matrix)
        matrix.data[np.abs(matrix.data) < NOUGHT] = 0.0
        matrix.eliminate_zeros()
        used, falls = weights != 0.0, weights < 0.0
        at, by = self.network[used], weights[used]
        low = np.bincount(at, by * np.where(falls, self.high, self.low)[used], networks)
        high = np.bincount(at, by * np.where(falls, self.low, self.high)[used], networks)
        counted = np.bincount(at, minlength=networks) > 0
        return SummedRows(matrix, np.where(counted, low, -np.inf), np.where(counted, high, np.inf))


def _joined(matrix: sparse.csc_array, steps: Ints, timeline: Ints) -> Ints:
    """Number of the network that each row belongs to."""
    twice = np.flatnonzero(np.diff(matrix.indptr) == 2)
    at = matrix.indptr[twice]
    one, other, gives, takes = matrix.indices[at], matrix.indices[at + 1], matrix.data[at], matrix.data[at + 1]
    largest = np.maximum(np.abs(gives), np.abs(takes))
    passes = (gives * takes < 0) & (np.abs(gives + takes) <= LOST_MAX * largest)
    passes &= (steps[one] == steps[other]) & (timeline[one] == timeline[other])
    pairs = (np.ones(int(passes.sum())), (one[passes], other[passes]))
    graph = sparse.csr_array(pairs, shape=(len(steps), len(steps)))
    network: Ints = connected_components(graph, directed=False)[1].astype(np.int64)
    return network
