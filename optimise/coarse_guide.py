"""A guide in coarser steps, with a bound by parts: what starts cost shapes the path and the prices, at a fraction of the time.

The linear program of a year of units that start and stop takes ten times as long as the one without. In power steps of a few
hours it is small, and its prices of water, coal and stored energy are near those of the whole. What it costs bounds nothing,
for averages over some hours are another problem; the bound is that of the hourly program, by parts
(:mod:`yuqian.optimise.time_split`), at these prices.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from yuqian.models.clock import Clock, Floats
from yuqian.models.commitment_law import Commitment
from yuqian.models.kind import RESERVED_ID, Kind
from yuqian.optimise.assemble import Assembly, SeriesByAsset, assemble
from yuqian.optimise.compile import compile_model
from yuqian.optimise.guide import Guide, guide, repriced
from yuqian.optimise.priced_start import averaged, coarser, estimated_prices, solve_from_prices
from yuqian.optimise.program import Program
from yuqian.optimise.solve import Report, Solution, SolverOptions
from yuqian.optimise.tighten import relaxed
from yuqian.optimise.time_split import bound_by_parts

POWER_STEPS_PER_DAY = 6
LENGTHS_DAYS = (7, 28, 84)
"""Of the parts that bound the whole by the hour."""


@dataclass(frozen=True)
class CoarseGuide:
    """The optimum of the linear program in coarser steps, which guides but bounds nothing yet.

    Attributes:
        assets, series, clock: of the whole.
        steps: the coarser calendar.
        program, solution: over it.
        guide: what the coarser optimum says; its cost is no bound.
    """

    assets: tuple[Kind, ...]
    series: SeriesByAsset
    clock: Clock
    steps: Clock
    program: Program
    solution: Solution
    guide: Guide

    @classmethod
    def of(
        cls, assets: Iterable[Kind], series: SeriesByAsset, clock: Clock, options: SolverOptions | None = None,
        report: Report | None = None, per_day: int = POWER_STEPS_PER_DAY,
    ) -> CoarseGuide:  # fmt: skip
        """Solve in ``per_day`` power steps a day.

        Raises:
            GuideError: when there is no optimum.
        """
        kinds, options = tuple(assets), options or SolverOptions()
        steps = coarser(clock, per_day)
        assembly = assemble(kinds, averaged(kinds, series, clock, per_day), steps)
        program = relaxed(compile_model(assembly.model))
        simple = tuple(asset.with_commitment(Commitment.NONE) for asset in assembly.assets)
        estimates = estimated_prices(program, simple, assembly.series, steps, options)
        solution = solve_from_prices(program, estimates, steps, options, report)
        return cls(kinds, series, clock, steps, program, solution, guide(assembly, program, solution))

    def bounded(
        self, lengths_days: Sequence[int] = LENGTHS_DAYS, options: SolverOptions | None = None, report: Report | None = None
    ) -> Guide:
        """The guide with a bound as its cost and prices by the hour: by parts of some days, begun at the coarser prices.

        Raises:
            SplitError: when these prices bound nothing.
        """
        assembly, whole, prices = self._by_hour()
        bound = bound_by_parts(whole, self.clock, prices, lengths_days, options, report)
        return repriced(self.guide, assembly, whole, bound)

    def joined(
        self, lengths_days: Sequence[int] = LENGTHS_DAYS, options: SolverOptions | None = None, report: Report | None = None
    ) -> Guide:
        """The guide of the linear program by the hour: its parts, begun at the coarser prices, are joined until it is whole.

        Raises:
            SplitError: when a part earns without limit at these prices, or the whole has no optimum.
        """
        assembly, program, prices = self._by_hour()
        whole = relaxed(program)
        found = bound_by_parts(whole, self.clock, prices, (*lengths_days, self.clock.water.count), options, report)
        return guide(assembly, whole, found.as_solution())

    def _by_hour(self) -> tuple[Assembly, Program, Floats]:
        """The whole by the hour, and the coarser prices of its rows."""
        assert self.solution.row_dual is not None
        assembly = assemble(self.assets, self.series, self.clock)
        whole = compile_model(assembly.model)
        return assembly, whole, spread(self.program, self.steps, self.solution.row_dual, whole, self.clock)


def spread(coarse: Program, coarse_clock: Clock, row_dual: Floats, fine: Program, clock: Clock) -> Floats:
    """Duals of the coarser program as prices for the rows of the finer one, shape (rows of ``fine``,).

    A row by the power step takes the price of the coarser step that holds it: all of it where it counts an amount (a stock,
    units that start), its share of the hours where it is a balance of rates.
    """
    known = {(family.owner, family.name): family for family in coarse.layout.rows}
    ratio = clock.power_per_water // coarse_clock.power_per_water
    prices = np.zeros(fine.row_count)
    for family in fine.layout.rows:
        same = known.get((family.owner, family.name))
        if same is None or same.indexed != family.indexed:
            continue
        values = row_dual[same.start : same.stop]
        if same.count == family.count and same.first == family.first:
            prices[family.start : family.stop] = values
        elif family.first + family.count == clock.power.count and same.first + same.count == coarse_clock.power.count:
            at = (family.first + np.arange(family.count)) // ratio - same.first
            share = 1.0 / ratio if family.owner == RESERVED_ID else 1.0
            prices[family.start : family.stop] = share * values[np.clip(at, 0, same.count - 1)]
    return prices
