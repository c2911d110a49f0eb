"""Months of a long series: the same month of every year is one program with other numbers.

Steps of a long series differ in length and in limits, but only through the year, so there are twelve programs, compiled once;
windows of different years differ in series and in what they begin with. The whole series is one window too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from yuqian.models.clock import Clock, Floats, Horizon
from yuqian.models.kind import Kind
from yuqian.models.units import HOURS_PER_DAY
from yuqian.optimise.assemble import Assembly, SeriesByAsset, assemble
from yuqian.optimise.compile import compile_model
from yuqian.optimise.program import Program
from yuqian.optimise.seams import Seams
from yuqian.optimise.solve import SolverOptions
from yuqian.optimise.stage import Stage
from yuqian.optimise.state import Place, StateError, as_openings, places_of


@dataclass(frozen=True)
class Window:
    """A stretch of a long series.

    Attributes:
        number: of the month, 0 January to 11 December; nought for the whole.
        steps: water steps.
        assembly, program: with the numbers of the first such window, and a state of nought.
        seams, places: what it begins with and leaves behind.
    """

    number: int
    steps: int
    assembly: Assembly
    program: Program
    seams: Seams
    places: tuple[Place, ...]


@dataclass(frozen=True, eq=False)
class SeasonalWindows:
    """The months of a long series.

    Attributes:
        assets: of the network.
        series: over ``clock``.
        clock: whole years from the first of January, all of the same steps.
        programs_of: windows of the same assets and steps, whose programs serve here too.
    """

    assets: tuple[Kind, ...]
    series: SeriesByAsset
    clock: Clock
    programs_of: SeasonalWindows | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        hours = self.clock.water.hours.reshape(self.years, -1)
        if self.clock.power_per_water != 1 or np.any(hours != hours[0]) or not self.clock.water.drops_leap_days:
            raise ValueError("seasonal windows need a calendar of years without leap days, all of the same steps")

    @property
    def years(self) -> int:
        """Years of the series."""
        return round(float(self.clock.water.hours.sum()) / HOURS_PER_DAY / 365)

    @property
    def per_year(self) -> int:
        """Water steps in a year."""
        return self.clock.water.count // self.years

    @cached_property
    def _first(self) -> list[int]:
        """First step of each month of a year, and the length of a year."""
        months = self.clock.water.months[: self.per_year]
        return [int(np.flatnonzero(months == month)[0]) for month in range(1, 13)] + [self.per_year]

    @cached_property
    def months(self) -> tuple[Window, ...]:
        """One program a month; compiled when first asked for.

        Raises:
            StateError: when months do not begin with the same numbers.
        """
        if self.programs_of is not None:
            return self.programs_of.months
        months = tuple(self._window(number, self._first[number], self._first[number + 1]) for number in range(12))
        for month in months:
            if [place.key for place in month.places] != [place.key for place in months[0].places]:
                raise StateError(f"month {month.number + 1} begins with other numbers than January: a lag is too long")
        return months

    @cached_property
    def whole(self) -> Window:
        """The whole series as one window; compiled when first asked for."""
        return self._window(0, 0, self.clock.water.count)

    def starts(self) -> Iterator[tuple[Window, int]]:
        """All months in order of time, and the first step of each."""
        for year in range(self.years):
            for month in self.months:
                yield month, year * self.per_year + self._first[month.number]

    def seen(self, start: int, steps: int) -> dict[tuple[str, str], Floats]:
        """The series over some steps."""
        return {key: np.asarray(values)[start : start + steps] for key, values in self.series.items()}

    def program_of(self, month: Window, start: int, state: Floats) -> Program:
        """A month with its series and what it begins with."""
        return month.program.with_series({**self.seen(start, month.steps), **as_openings(month.places, state)})

    def stages(self, years: Sequence[int], options: SolverOptions | None = None) -> tuple[Stage, ...]:
        """The months with some years as scenarios."""
        stages = []
        for month in self.months:
            nought = np.zeros(len(month.places))
            starts = [year * self.per_year + self._first[month.number] for year in years]
            programs = [self.program_of(month, start, nought) for start in starts]
            stages.append(Stage(programs, month.seams, month.places, f"the window of month {month.number + 1}", options))
        return tuple(stages)

    def _window(self, number: int, start: int, stop: int) -> Window:
        begin = self.clock.water.stamps[start].astype("datetime64[D]").astype(object)
        clock = Clock.of_periods(begin, self.clock.water.hours[start:stop] / HOURS_PER_DAY)
        assembly = assemble(self.assets, self.seen(start, stop - start), clock, Horizon.WINDOW)
        seams, program = Seams(assembly), compile_model(assembly.model)
        places = places_of(seams)
        opened = program.with_series(as_openings(places, np.zeros(len(places))))
        return Window(number, stop - start, assembly, opened, seams, places)
