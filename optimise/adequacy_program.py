"""The chronological linear program of adequacy: least unserved energy with foresight, by the ordinary engine.

One program a length and set of stores is compiled; every window, or every member-year, is the same structure with other
numbers. A window may be shorter than its program: the steps behind it have neither margin nor power.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from yuqian.models.adequacy_parts import UNSERVED_YUAN_PER_MWH, AdequacyStore, SupplyMargin
from yuqian.models.clock import Clock, Floats, Rhythm, Timeline
from yuqian.optimise.adequacy_case import AdequacyError, Members, SampledStore
from yuqian.optimise.assemble import assemble
from yuqian.optimise.compile import compile_model
from yuqian.optimise.program import Program
from yuqian.optimise.solve import Outcome, SolverOptions, solve
from yuqian.optimise.storage_dispatch import Served

MARGIN = "margin"
SHORTEST = 24
SOME_DAY = dt.datetime(2001, 1, 1)
SLACK_MWH = 1e-6
"""How far the program, within the solver's tolerances, may fall outside the bounds of a window, a step and a MWh of them."""


@dataclass
class AdequacyProgram:
    """Programs of one set of stores, by length.

    Attributes:
        stores: in every member.
        step_h: length of a step.
    """

    stores: tuple[SampledStore, ...]
    step_h: float
    _programs: dict[int, Program] = field(default_factory=dict, repr=False)

    def unserved_mwh(self, members: Members, export_mw: float, member: int, first: int, last: int) -> float:
        """Least unserved energy of one member from step ``first`` to ``last``, both included, the stores full before."""
        return _solved(self.program(members, export_mw, member, first, last))

    def program(self, members: Members, export_mw: float, member: int, first: int, last: int) -> Program:
        """The numbers of one window, or of a whole member, in its program."""
        steps = last - first + 1
        length = SHORTEST
        while length < steps:
            length *= 2
        length = min(length, max(members.margin_mw.shape[1], steps))
        at = slice(first, last + 1)
        series = {(MARGIN, "margin_mw"): _padded(members.margin_mw[member, at] - export_mw, length)}
        for k, store in enumerate(self.stores):
            up = np.broadcast_to(store.up, members.margin_mw.shape)[member, at]
            series[f"store_{k}", "discharge_max_mw"] = _padded(store.power_mw * up, length)
            series[f"store_{k}", "charge_max_mw"] = _padded(store.charge_mw * up, length)
        if length not in self._programs:
            self._programs[length] = self._compiled(length, series)
        return self._programs[length].with_series(series)

    def _compiled(self, length: int, series: dict[tuple[str, str], Floats]) -> Program:
        clock = Clock(
            Timeline(Rhythm.POWER, SOME_DAY, np.full(length, self.step_h)),
            Timeline(Rhythm.WATER, SOME_DAY, np.array([length * self.step_h])),
        )
        stores = [
            AdequacyStore(
                id=f"store_{k}", bus=MARGIN, energy_max_mwh=store.energy_mwh, efficiency_fraction=store.efficiency_fraction,
                opening_mwh=store.energy_mwh,
            )
            for k, store in enumerate(self.stores)
        ]  # fmt: skip
        return compile_model(assemble([SupplyMargin(id=MARGIN), *stores], series, clock).model)


def foreseen_mwh(members: Members, served: Served, export_mw: float = 0.0) -> Floats:
    """Least unserved energy of each member with perfect foresight, MWh, shape (members,).

    Exact: the rule where it meets the lower bound, the program of the window elsewhere.

    Args:
        served: of the same members and export.

    Raises:
        AdequacyError: if a program falls outside its bounds, which would be a mistake of this library.
    """
    total = served.unserved_mw.sum(axis=1) * members.step_h
    program = AdequacyProgram(members.stores, members.step_h)
    for window, low, most in served.open_windows():
        found = program.unserved_mwh(members, export_mw, window.member, window.first, window.last)
        slack = SLACK_MWH * (window.last - window.first + 1 + most)
        if not low - slack <= found <= most + slack:
            raise AdequacyError(f"{window}: the program leaves {found} MWh unserved, the bounds are {low} and {most}")
        total[window.member] -= most - min(max(found, low), most)
    least: Floats = np.maximum(total, 0.0)
    return least


def programmed_mwh(members: Members, export_mw: float = 0.0, processes: int = 1) -> Floats:
    """Least unserved energy of each member by one linear program for its whole year, MWh, shape (members,).

    Args:
        processes: solve in so many; the outcome is the same.
    """
    maker = AdequacyProgram(members.stores, members.step_h)
    last = members.margin_mw.shape[1] - 1
    programs = (maker.program(members, export_mw, member, 0, last).without_structure() for member in range(members.count))
    return np.array(list(_all_solved(programs, processes)))


def _all_solved(programs: Iterator[Program], processes: int) -> Iterator[float]:
    if processes <= 1:
        yield from map(_solved, programs)
        return
    with ProcessPoolExecutor(processes) as pool:
        # A few at a time: the programs of all members together would not fit into memory.
        while some := list(itertools.islice(programs, 2 * processes)):
            yield from pool.map(_solved, some)


def _solved(program: Program) -> float:
    solution = solve(program, SolverOptions())
    if solution.outcome is not Outcome.OPTIMAL:
        raise AdequacyError(f"the program of adequacy ended as '{solution.outcome.value}'")
    return max(solution.objective_yuan, 0.0) / UNSERVED_YUAN_PER_MWH


def _padded(values: Floats, length: int) -> Floats:
    out = np.zeros(length)
    out[: len(values)] = values
    return out
