"""Choosing years from a long series: typical wet, normal and dry years, and the critical run of years."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from yuqian.models.clock import Floats
from yuqian.timeseries.pearson import Pearson3, empirical_share, fit

DESIGN_SHARES = (0.25, 0.50, 0.75, 0.90, 0.95)
NEAR_SHARE = 0.05


@dataclass(frozen=True)
class TypicalYear:
    """A year that stands for a design frequency.

    Attributes:
        share: share of years in which its total is exceeded (P).
        year: its number in the series.
        total: its own total.
        design: the Pearson III value of P.
        factor: design over total; the year's flow times it is the design year (同倍比).
        drawdown: storage that a steady draft of the mean would need within it, in units of total.
    """

    share: float
    year: int
    total: float
    design: float
    factor: float
    drawdown: float


@dataclass(frozen=True)
class CriticalPeriod:
    """The run of steps that asks for most storage.

    Attributes:
        storage: storage needed, in flow times steps.
        first, last: from the step in which storage begins to fall to the one in which it is lowest.
    """

    storage: float
    first: int
    last: int


def sequent_peak(inflow: Floats, draft: Floats | float, cyclic: bool = True) -> CriticalPeriod:
    """Least storage that keeps up a draft, and the critical period (Thomas and Burden 1963).

    The deficit follows ``k[t] = max(0, k[t-1] + draft - inflow)``; its largest value is the storage.

    Args:
        inflow: shape (n,).
        draft: shape (n,) or the same in every step.
        cyclic: whether the series is run through twice, so that it may end in a drought.

    Raises:
        ValueError: if a cyclic draft is more than the inflow in the mean.
    """
    need = np.broadcast_to(np.asarray(draft, dtype=float), inflow.shape) - inflow
    if cyclic and need.sum() > 1e-9 * abs(inflow.sum()):
        raise ValueError("no storage keeps up a draft of more than the mean inflow")
    run = np.concatenate((need, need)) if cyclic else need
    total = np.concatenate(([0.0], np.cumsum(run)))
    deficit = total - np.minimum.accumulate(total)
    last = int(np.argmax(deficit))
    first = int(np.flatnonzero(total[: last + 1] == total[: last + 1].min())[-1])
    count = len(inflow)
    return CriticalPeriod(float(deficit[last]), first % count, (last - 1) % count)


def typical_years(by_year: Floats, shares: Sequence[float] = DESIGN_SHARES) -> tuple[TypicalYear, ...]:
    """Years nearest to the design totals; among near ties the one that asks for most storage.

    Args:
        by_year: flow by year and step, shape (years, steps).
        shares: frequencies P at which the total is exceeded.

    Raises:
        ValueError: for fewer than ten years.
    """
    totals = by_year.sum(axis=1)
    curve = fit(totals)
    chosen = []
    for share in shares:
        design = float(curve.exceeded(share))
        gap = np.abs(totals / design - 1.0)
        near = np.flatnonzero(gap <= max(NEAR_SHARE, gap.min()))
        drawdowns = [sequent_peak(by_year[year], totals[year] / by_year.shape[1]).storage for year in near]
        year = int(near[int(np.argmax(drawdowns))])
        total = float(totals[year])
        chosen.append(TypicalYear(float(share), year, total, design, design / total, float(max(drawdowns))))
    return tuple(chosen)


def on_typical_year(shape: Floats, totals: Floats) -> Floats:
    """The Chinese way to a long series: every year's total on the shape of one typical year.

    Args:
        shape: flow of the typical year, shape (steps,).
        totals: shape (years,), for example Pearson III samples.

    Returns:
        Shape (years, steps).
    """
    return np.outer(totals, shape / shape.sum())


def to_pearson_totals(by_year: Floats, variation: float, skew_ratio: float) -> Floats:
    """Scale each year so that the totals follow Pearson III exactly by plotting position, their order kept.

    Args:
        by_year: flow by year and step, shape (years, steps).
        variation, skew_ratio: of the annual totals; their mean is kept.
    """
    totals = by_year.sum(axis=1)
    wanted = Pearson3(1.0, variation, skew_ratio * variation).exceeded(empirical_share(totals))
    wanted = wanted / wanted.mean() * totals.mean()
    scaled: Floats = by_year * (wanted / totals)[:, None]
    return scaled
