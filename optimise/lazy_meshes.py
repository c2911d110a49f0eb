"""Kirchhoff's law only where it matters: a network that is not congested is solved without it, its flows are set right after.

Moving flow around a mesh of lines without losses changes no balance and no cost. So a problem without the rows of the meshes
costs no more than one with them, and wherever the flows that obey them, at the same injections, keep all limits, the two cost
the same: the answer with these flows is the optimum. In steps where they do not, the rows are put back and the problem is
solved again from its last basis; if that happens in many, it is solved whole. A year of a region that is hardly congested is
spared some ten thousand rows in every iteration.

All of it is read from the program, and checked there: a network with losses, or any other rule on flows, is solved whole.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import highspy
import numpy as np
import numpy.typing as npt
import scipy.sparse as sparse
from highspy import HighsBasisStatus

from yuqian.models.clock import Floats
from yuqian.models.mesh_law import is_mesh_row
from yuqian.optimise.affine import Ints
from yuqian.optimise.program import Family, Layout, Program
from yuqian.optimise.solve import Outcome, Solution

Solver = Callable[[Program, Ints, highspy.HighsBasis | None], Solution]
"""Solves a program with some of the rows of another, whose positions it is given, from a basis if there is one."""
MOST_ROUNDS = 8
MOST_STEPS_FRACTION = 0.25
"""Share of the steps that may be congested before the whole is solved at once."""
NEGLIGIBLE = 1e-9
ROOM = 1e-7
"""How far, relative to its size, a flow may lie beyond its limit: the solver's own tolerance."""

Steps = npt.NDArray[np.bool_]


def solve_lazily(program: Program, solver: Solver) -> Solution:
    """Solve ``program``, with the rows of its meshes only in steps where they bind.

    The duals of rows that were left out are nought, as those of rows that do not bind are. The basis of the answer is one of
    the whole program, with the rows that were left out basic.
    """
    every = np.arange(program.row_count)
    meshes = _Meshes.of(program)
    if meshes is None:
        return solver(program, every, None)
    kept_steps: Steps = np.zeros(meshes.step_count, dtype=bool)
    rows = meshes.rows_kept(kept_steps)
    found = solver(_with_rows_of(program, rows), rows, None)
    for _ in range(MOST_ROUNDS):
        if found.x is None:
            break
        x, wrong = meshes.set_right(found.x)
        if not wrong.any():
            return _of_the_whole(program, replace(found, x=x), rows)
        kept_steps = kept_steps | wrong
        if found.outcome is not Outcome.OPTIMAL or kept_steps.mean() > MOST_STEPS_FRACTION:
            break
        before, rows = rows, meshes.rows_kept(kept_steps)
        start = None if found.basis is None else _basis_over(found.basis, before, rows, program.row_count)
        found = solver(_with_rows_of(program, rows), rows, start)
    if found.outcome in (Outcome.OPTIMAL, Outcome.UNBOUNDED):
        return solver(program, every, None)
    return found.without_decisions()


@dataclass(frozen=True)
class _Meshes:
    """The meshes of a program.

    Attributes:
        program: the whole.
        rows: position of the row of each mesh and step, shape (meshes, steps).
        around: a unit of flow around each mesh in each step, shape (columns, meshes * steps).
        response: what a unit around each mesh adds to the row of each in the same step, shape (meshes, meshes).
    """

    program: Program
    rows: Ints
    around: sparse.csc_array
    response: Floats

    @property
    def step_count(self) -> int:
        return int(self.rows.shape[1])

    @classmethod
    def of(cls, program: Program) -> _Meshes | None:
        """None where there are no meshes, or moving flow around them would change anything else."""
        families = [family for family in program.layout.rows if is_mesh_row(family.name) and family.steps is None]
        counts = {family.count for family in families}
        if len(counts) != 1 or program.extra:
            return None
        (count,) = counts
        matrix = sparse.csr_array(program.matrix)
        first = [matrix[[family.start]] for family in families]
        columns = np.concatenate([row.indices for row in first])
        signs = np.concatenate([np.sign(row.data) for row in first])
        mesh = np.repeat(np.arange(len(families)), [row.nnz for row in first])
        steps = np.arange(count)
        place = (columns[:, None] + steps).ravel(), (mesh[:, None] * count + steps).ravel()
        shape = (program.column_count, len(families) * count)
        around = sparse.csc_array((np.repeat(signs, count), place), shape=shape)
        rows = np.stack([np.arange(family.start, family.stop) for family in families])
        others = np.ones(program.row_count, dtype=bool)
        others[rows.ravel()] = False
        moved = matrix[np.flatnonzero(others)] @ around
        if (moved.nnz and np.abs(moved.data).max() > NEGLIGIBLE) or np.abs(program.cost @ around).max() > NEGLIGIBLE:
            return None
        own = matrix[rows.ravel()] @ around
        response = own[np.ix_(np.arange(len(families)) * count, np.arange(len(families)) * count)].toarray()
        alike = sparse.kron(sparse.csr_array(response), sparse.eye_array(count), format="csr")
        if np.abs((own - alike).data).max(initial=0.0) > NEGLIGIBLE or program.integral[place[0]].any():
            return None
        if np.any(program.column_bounds[0][place[0]] >= 0.0):  # flows by direction, which cannot be turned
            return None
        return cls(program, rows, around, response)

    def rows_kept(self, steps: Steps) -> Ints:
        """All rows of the program but those of meshes outside the given steps."""
        kept = np.ones(self.program.row_count, dtype=bool)
        kept[self.rows[:, ~steps].ravel()] = False
        return np.flatnonzero(kept)

    def set_right(self, x: Floats) -> tuple[Floats, Steps]:
        """The answer with flows that obey every mesh, and the steps in which one of them lies beyond its limit."""
        matrix = sparse.csr_array(self.program.matrix)[self.rows.ravel()]
        missing = (self.program.row_lower[self.rows.ravel()] - matrix @ x).reshape(self.rows.shape)
        missing[np.abs(missing) < NEGLIGIBLE] = 0.0
        moved = x + self.around @ np.linalg.solve(self.response, missing).ravel()
        lower, upper = self.program.column_bounds
        beyond = np.maximum(lower - moved, moved - upper) > ROOM * np.maximum(1.0, np.abs(moved))
        wrong = (np.abs(self.around).T @ beyond.astype(float)).reshape(self.rows.shape).any(axis=0)
        return moved, wrong


def _with_rows_of(program: Program, rows: Ints) -> Program:
    """The program with some of its rows."""
    families, start = [], 0
    for family in program.layout.rows:
        own = rows[np.searchsorted(rows, family.start) : np.searchsorted(rows, family.stop)] - family.start
        if not len(own):
            continue
        if len(own) == family.count:
            families.append(replace(family, start=start))
        else:
            steps = tuple(int(step) + family.first for step in own)
            families.append(Family(family.owner, family.name, start, steps[0], len(own), True, steps, family.count))
        start += len(own)
    return replace(
        program, layout=Layout(program.layout.columns, tuple(families)), structure=None,
        matrix=sparse.csc_array(sparse.csr_array(program.matrix)[rows]), row_lower=program.row_lower[rows],
        row_upper=program.row_upper[rows],
    )  # fmt: skip


def _of_the_whole(program: Program, found: Solution, rows: Ints) -> Solution:
    """A solution with some rows, as one of all."""
    basis = None if found.basis is None else _basis_over(found.basis, rows, np.arange(program.row_count), program.row_count)
    if found.row_dual is None:
        return replace(found, basis=basis)
    dual = np.zeros(program.row_count)
    dual[rows] = found.row_dual
    return replace(found, row_dual=dual, basis=basis)


def _basis_over(basis: highspy.HighsBasis, before: Ints, rows: Ints, count: int) -> highspy.HighsBasis:
    """A basis over other rows of a program: those that were not there before are basic."""
    status = [HighsBasisStatus.kBasic] * count
    for position, known in zip(before.tolist(), basis.row_status, strict=True):
        status[position] = known
    basis.row_status = [status[position] for position in rows.tolist()]
    return basis
