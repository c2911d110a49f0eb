"""State: the numbers that a window of a longer problem begins with, and leaves behind.

They go by what the kinds have noted (:mod:`yuqian.models.carry_law`): storages, what lies below the dead level, water on its
way. No kind is named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse

from yuqian.models.carry_law import Carried
from yuqian.models.clock import Floats
from yuqian.optimise.program import Program
from yuqian.optimise.seams import Numbers, Seams


class StateError(ValueError):
    """A network whose state no window can hold; the message says what is in the way."""


@dataclass(frozen=True)
class Place:
    """One number of a state: what is carried, and which of its last values (-1 the last)."""

    one: Carried
    past: int

    @property
    def key(self) -> str:
        return self.one.key if len(self.one.over) == 1 else f"{self.one.key}[{self.past}]"

    @property
    def is_stored_water(self) -> bool:
        return self.one.span is not None and self.one.name.endswith("_hm3")


def places_of(seams: Seams) -> tuple[Place, ...]:
    """The numbers of the state of a window, in order.

    Raises:
        StateError: for a limit over the whole horizon, of which no window knows its part.
    """
    for one in seams.carried:
        if one.quota_row is not None:
            raise StateError(
                f"{one.owner} limits '{one.name}' over the whole horizon; a state by month cannot hold that. Leave it out, or "
                "limit it from date to date"
            )
    return tuple(Place(one, past) for one in seams.carried for past in one.over)


def as_openings(places: Sequence[Place], state: Floats) -> Numbers:
    """A state as the numbers that a window opens with."""
    found: dict[str, list[float]] = {}
    for place, value in zip(places, state.tolist(), strict=True):
        found.setdefault(place.one.key, []).append(value)
    carried = {place.one.key: place.one for place in places}
    return {(one.owner, param): np.array(found[key]) for key, one in carried.items() for param in one.params}


@dataclass(frozen=True)
class Ends:
    """What a program leaves behind as a linear function of its decisions, ``matrix @ x + constant``.

    Attributes:
        matrix: shape (places, columns).
        constant: shape (places,).
    """

    matrix: sparse.csr_array
    constant: Floats

    @classmethod
    def of(cls, seams: Seams, program: Program, places: Sequence[Place]) -> Ends:
        """The state after the last step of a program."""
        rows, constants = [], []
        for place in places:
            after = seams.assembly.clock.timeline(place.one.rhythm).count
            coefficients, constant = seams.row_of(place.one, program, after + place.past)
            rows.append(sparse.csr_array(coefficients[None, :]))
            constants.append(constant)
        shape = (0, program.column_count)
        return cls(sparse.csr_array(sparse.vstack(rows)) if rows else sparse.csr_array(shape), np.array(constants))

    def state(self, x: Floats) -> Floats:
        """At a solution, shape (places,)."""
        found: Floats = self.matrix @ x[: self.matrix.shape[1]] + self.constant
        return found
