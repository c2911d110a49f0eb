"""Windows of a long series: the same months of every year are one program with other numbers.

A window begins with a month and looks a whole number of years ahead. Steps of a long series differ in length and in limits,
but only through the year, so there are as many programs as months, compiled once; windows of different years differ in series
and in what they begin with.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from pyomo.core.expr.template_expr import templatize_rule

from yuqian.models.clock import Clock, Floats, Horizon
from yuqian.models.kind import Kind
from yuqian.models.ledger import Account
from yuqian.models.units import HOURS_PER_DAY
from yuqian.optimise.assemble import Assembly, SeriesByAsset, assemble
from yuqian.optimise.compile import compile_model
from yuqian.optimise.program import Program
from yuqian.optimise.seams import Numbers, Seams


@dataclass(frozen=True)
class Month:
    """Windows that begin with one month of the year.

    Attributes:
        number: 0 January to 11 December.
        keep: water steps in the month.
        steps: water steps in the window.
        assembly, program: with the numbers of the first such window.
    """

    number: int
    keep: int
    steps: int
    assembly: Assembly
    program: Program

    @cached_property
    def seams(self) -> Seams:
        return Seams(self.assembly)

    @cached_property
    def _allocations(self) -> Mapping[str, tuple[object, object]]:
        ledger, steps, templates = self.assembly.ledger, self.assembly.steps, {}
        for entry in ledger.accounts[Account.ALLOCATION]:
            # Both rhythms have the same steps here: see SeasonalWindows.
            expression, (placeholder,) = templatize_rule(
                self.assembly.model, lambda _, index, entry=entry: ledger.amount(entry, index[0]), steps.of(entry.rhythm)
            )
            templates[entry.owner] = expression, placeholder
        return templates

    def allocated_hm3(self, program: Program, x: Floats, users: Sequence[str], kept: int) -> Floats:
        """Water handed to users in the first ``kept`` steps, shape (users, kept)."""
        steps = np.arange(kept)
        return np.array([program.values_of(*self._allocations[user], steps, x) for user in users])


@dataclass(frozen=True, eq=False)
class SeasonalWindows:
    """The windows of a long series.

    Attributes:
        assets: of the network.
        series: over ``clock``.
        clock: whole years from the first of January, all of the same steps.
        years_ahead: length of a window.
        ends_valued: whether what a window ends with has a value.
    """

    assets: tuple[Kind, ...]
    series: SeriesByAsset
    clock: Clock
    years_ahead: int = 1
    ends_valued: bool = False

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
    def climate(self) -> Mapping[tuple[str, str], Floats]:
        """Mean of each series in each step of the year, shape (per_year,)."""
        return {key: np.asarray(values).reshape(self.years, -1).mean(axis=0) for key, values in self.series.items()}

    @cached_property
    def months(self) -> tuple[Month, ...]:
        """One program a month; compiled when first asked for."""
        return tuple(self._month(number) for number in range(12))

    def starts(self) -> Iterator[tuple[Month, int]]:
        """All windows in order of time: the month that one begins with, and its first step in the series."""
        for year in range(self.years):
            for month in self.months:
                yield month, year * self.per_year + self._first[month.number]

    def start_of(self, month: int, year: int) -> int:
        """First step of a month of a year in the series."""
        return year * self.per_year + self._first[month]

    def seen(self, start: int, steps: int) -> dict[tuple[str, str], Floats]:
        """The series from a step on, from its beginning again after its end."""
        at = (start + np.arange(steps)) % self.clock.water.count
        return {key: np.asarray(values)[at] for key, values in self.series.items()}

    def expected(self, start: int, steps: int, known: int, caution: Mapping[str, float]) -> dict[tuple[str, str], Floats]:
        """The first ``known`` steps as they come, then the mean of the season times a factor by name of the series."""
        numbers = self.seen(start, steps)
        at = (start + np.arange(known, steps)) % self.per_year
        for key, values in numbers.items():
            values[known:] = self.climate[key][at] * caution.get(key[1], 1.0)
        return numbers

    def _month(self, number: int) -> Month:
        start, steps = self._first[number], self.per_year * self.years_ahead
        lengths = np.tile(self.clock.water.hours[: self.per_year], self.years_ahead + 1)[start : start + steps]
        begin = self.clock.water.stamps[start].astype("datetime64[D]").astype(object)
        clock = Clock.of_periods(begin, lengths / HOURS_PER_DAY)
        assembly = assemble(self.assets, self.seen(start, steps), clock, Horizon.WINDOW, self.ends_valued)
        keep = self._first[number + 1] - start
        return Month(number, keep, steps, assembly, compile_model(assembly.model))


def openings_of(assembly: Assembly, program: Program, x: Floats) -> Numbers:
    """What an answer over the whole began with, as windows take it."""
    seams, numbers = Seams(assembly), Numbers()
    for one in seams.carried:
        if one.quota_row is not None:
            numbers[one.owner, one.params[0]] = np.array(one.opening)
            continue
        values = seams.values(one, program, x, np.asarray(one.over))
        for param in one.params:
            numbers[one.owner, param] = values
    return numbers
