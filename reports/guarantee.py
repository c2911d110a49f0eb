"""Guarantee rates (供水保证率): how often a demand is met, and how badly it is missed.

By year, ``P = m / (n + 1)`` with m years without a failure of n; by period (历时) the same over periods; or plainly m / n. With
m / (n + 1), 60 years can show at most 60 / 61 = 98.36 %. Frequency and depth of shortage are kept apart: rules that spread a
shortage thin lower the one and raise the other.

Reliability, resilience and vulnerability are those of Hashimoto, Stedinger and Loucks, "Reliability, resiliency, and
vulnerability criteria for water resource system performance evaluation", Water Resources Research, 1982.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from yuqian.models.clock import Floats
from yuqian.optimise.operating_plan import ROW_ITEMS
from yuqian.optimise.simulate import Keep, Simulation

Z_95 = 1.959964
"""Two-sided 95 % of the normal distribution."""
NOTHING_HM3 = 1e-12


class Formula(enum.Enum):
    """How a share of years or periods is counted."""

    WEIBULL = "m/(n+1)"
    PLAIN = "m/n"

    def share(self, met: Floats, count: Floats | float) -> Floats:
        """Guarantee rate from the number that were met."""
        above = 1.0 if self is Formula.WEIBULL else 0.0
        share: Floats = np.asarray(met, dtype=float) / (np.asarray(count, dtype=float) + above)
        return share


class Failure(enum.Enum):
    """What makes a period, and the year that it lies in, a failed one."""

    SHORT = "short beyond the tolerance"
    DEEP = "short beyond the allowed depth"


@dataclass(frozen=True)
class Counts:
    """What a guarantee rate is counted from; all of shape (years, traces) but ``periods``.

    Attributes:
        demand_hm3, delivered_hm3: by year.
        failed, deep: periods short beyond the tolerance, and beyond the allowed depth.
        events: runs of failed periods that began.
        longest: longest such run up to the year's end, in periods.
        depth: deepest shortage of a period, as a share of its demand.
        periods: in each year, shape (years,).
        unrecovered: 1 where the last period of all has failed, so that its run has no end in the series, shape (traces,); a
            simulation that is kept by year does not tell, and its last run counts as ended.
    """

    demand_hm3: Floats
    delivered_hm3: Floats
    failed: Floats
    deep: Floats
    events: Floats
    longest: Floats
    depth: Floats
    periods: npt.NDArray[np.int64]
    unrecovered: Floats | float = 0.0


@dataclass(frozen=True)
class Guarantee:
    """Guarantee rates of one user or class.

    Rates are means over traces; ``*_interval`` is the 95 % interval of Wilson (Journal of the American Statistical Association
    22, 1927) over all years or periods of all traces taken as independent; ``*_between`` the range of nine traces in ten.

    Attributes:
        years, traces, periods: how many were judged; years and periods of one trace.
        by_year, by_period: share without failure, by ``formula``.
        by_volume: delivered over demand.
        failed_years, failed_periods, deep_periods: mean number in a trace.
        resilience: share of failed periods that are followed by one that has not failed; 1 where none failed.
        vulnerability_hm3: mean volume short of a run of failed periods.
        longest_periods: longest run of failed periods in any trace.
        depth: deepest shortage of any period, as a share of its demand.
    """

    name: str
    formula: Formula
    failure: Failure
    years: int
    periods: int
    traces: int
    by_year: float
    by_year_interval: tuple[float, float]
    by_year_between: tuple[float, float]
    by_period: float
    by_period_interval: tuple[float, float]
    by_period_between: tuple[float, float]
    by_volume: float
    demand_hm3_per_year: float
    delivered_hm3_per_year: float
    failed_years: float
    failed_periods: float
    deep_periods: float
    resilience: float
    vulnerability_hm3: float
    longest_periods: int
    depth: float


def counts_of_simulation(simulation: Simulation, row: str) -> Counts:
    """Counts of a row of supply from a simulation kept by year; years that are not whole are left out.

    Raises:
        ValueError: for a simulation kept otherwise, or one without a whole year.
    """
    if simulation.keep is not Keep.YEAR:
        raise ValueError("guarantee rates are counted from a simulation kept by year: simulate(..., keep=Keep.YEAR)")
    whole = simulation.calendar.whole_years
    if not whole.any():
        raise ValueError("the simulation holds no whole year; begin it with the year, or make it longer")
    demand, got, failed, deep, events, longest, depth = (simulation.row(row, item)[whole] for item in range(len(ROW_ITEMS)))
    periods = np.bincount(simulation.calendar.years)[whole]
    return Counts(demand, got, failed, deep, events, longest, depth, periods)


def counts_of_series(
    supply_hm3: Floats, demand_hm3: Floats, years: npt.NDArray[np.int64], tolerance: float = 1e-3, depth: float = 0.1
) -> Counts:
    """Counts from what any run supplied, by rule or by optimisation.

    Args:
        supply_hm3, demand_hm3: by period, shape (periods,) or (periods, traces).
        years: number of the year of each period, from 0, shape (periods,).
        tolerance, depth: shares of a period's demand that may lack before it has failed, and failed beyond the allowed depth.
    """
    supply, demand = (np.asarray(v, dtype=float).reshape(len(years), -1) for v in (supply_hm3, demand_hm3))
    demand = np.broadcast_to(demand, supply.shape)
    short = demand - supply
    failed = short > tolerance * demand + NOTHING_HM3
    deep = short > depth * demand + NOTHING_HM3
    begins = failed & ~np.vstack([np.zeros((1, failed.shape[1]), dtype=bool), failed[:-1]])
    run = np.zeros(failed.shape)
    for period in range(len(years)):
        run[period] = (run[period - 1] + 1.0) * failed[period] if period else failed[period]
    share = np.divide(short, demand, out=np.zeros_like(short), where=demand > NOTHING_HM3)
    starts = np.flatnonzero(np.diff(years, prepend=-1))

    def added(values: npt.NDArray[np.generic]) -> Floats:
        return np.add.reduceat(values.astype(float), starts, axis=0)

    return Counts(
        added(demand), added(supply), added(failed), added(deep), added(begins), np.maximum.reduceat(run, starts, axis=0),
        np.maximum.reduceat(np.maximum(share, 0.0), starts, axis=0), np.bincount(years),
        failed[-1].astype(float),
    )  # fmt: skip


def guarantee_of(
    name: str, counts: Counts, formula: Formula = Formula.WEIBULL, failure: Failure = Failure.SHORT
) -> Guarantee:  # fmt: skip
    """Guarantee rates from counts."""
    years, traces = counts.failed.shape
    periods = int(counts.periods.sum())
    bad = counts.failed if failure is Failure.SHORT else counts.deep
    years_met, periods_met = (bad == 0).sum(axis=0).astype(float), periods - bad.sum(axis=0)
    by_year, by_period = formula.share(years_met, years), formula.share(periods_met, periods)
    failed, events = float(counts.failed.sum()), float(counts.events.sum())
    recovered = events - float(np.sum(counts.unrecovered))
    short, asked = float((counts.demand_hm3 - counts.delivered_hm3).sum()), float(counts.demand_hm3.sum())
    return Guarantee(
        name, formula, failure, years, periods, traces,
        float(by_year.mean()), _counted(formula, years_met, years), _between(by_year),
        float(by_period.mean()), _counted(formula, periods_met, periods), _between(by_period),
        1.0 if asked <= NOTHING_HM3 else 1.0 - short / asked, asked / (years * traces),
        float(counts.delivered_hm3.sum()) / (years * traces), float((bad > 0).sum()) / traces,
        failed / traces, float(counts.deep.sum()) / traces, min(1.0, recovered / failed) if failed else 1.0,
        short / events if events else 0.0, int(counts.longest.max(initial=0.0)), float(counts.depth.max(initial=0.0)),
    )  # fmt: skip


def guarantees(
    simulation: Simulation, rows: Iterable[str], formula: Formula = Formula.WEIBULL, failure: Failure = Failure.SHORT
) -> tuple[Guarantee, ...]:  # fmt: skip
    """Guarantee rates of rows of supply of a simulation kept by year."""
    return tuple(guarantee_of(row, counts_of_simulation(simulation, row), formula, failure) for row in rows)


def largest_that_can_be_shown(years: int, formula: Formula = Formula.WEIBULL) -> float:
    """Guarantee rate of so many years without any failure."""
    return float(formula.share(np.array(years), years))


def years_to_prove(guarantee_fraction: float, formula: Formula = Formula.WEIBULL) -> int:
    """Fewest years without failure that show a guarantee rate below 1: 97 % needs 33 by m/(n+1)."""
    if formula is Formula.PLAIN:
        return 1
    return int(np.ceil(guarantee_fraction / (1.0 - guarantee_fraction) - 1e-9))


def wilson(met: float, count: int) -> tuple[float, float]:
    """95 % interval of a share, met of count."""
    share, z2 = met / count, Z_95**2
    middle = (share + z2 / (2 * count)) / (1.0 + z2 / count)
    half = Z_95 / (1.0 + z2 / count) * np.sqrt(share * (1.0 - share) / count + z2 / (4 * count**2))
    return float(max(middle - half, 0.0)), float(min(middle + half, 1.0))


def _counted(formula: Formula, met: Floats, count: int) -> tuple[float, float]:
    """Interval over all traces, counted by the formula for one of them."""
    low, high = wilson(float(met.sum()), count * len(met))
    return float(formula.share(np.array(low * count), count)), float(formula.share(np.array(high * count), count))


def _between(rates: Floats) -> tuple[float, float]:
    low, high = np.quantile(rates, [0.05, 0.95])
    return float(low), float(high)
