"""Indices of adequacy from member-years: LOLE, EENS and their spread, with confidence intervals.

Outages drawn for the same weather year are not independent of each other, so an interval is taken between weather years: the
means of the years are the sample, Student's t with one degree of freedom less than there are years.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from yuqian.models.clock import Floats
from yuqian.optimise.adequacy_case import Ints, Members
from yuqian.optimise.adequacy_program import foreseen_mwh
from yuqian.optimise.storage_dispatch import SHORT_MW, Served, serve

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Estimate:
    """A mean with its interval.

    Attributes:
        standard_error: of the mean; NaN with a single year.
        low, high: 95 % interval by Student's t between years; not below nought for quantities that cannot be.
    """

    mean: float
    standard_error: float
    low: float
    high: float

    @classmethod
    def between_years(cls, values: Floats, year: Ints) -> Estimate:
        """From one value a member, and the weather year of each."""
        _, which = np.unique(year, return_inverse=True)
        means = np.bincount(which, weights=values) / np.bincount(which)
        mean = float(means.mean())
        if len(means) < 2:
            return cls(mean, float("nan"), float("nan"), float("nan"))
        error = float(means.std(ddof=1) / np.sqrt(len(means)))
        reach = error * quantile(len(means))
        return cls(mean, error, max(mean - reach, 0.0), mean + reach)

    @property
    def relative_error(self) -> float:
        """Standard error over the mean; infinite while the mean is nought."""
        return self.standard_error / self.mean if self.mean > 0.0 else float("inf")


def quantile(years: int) -> float:
    """Half-width of the interval in standard errors."""
    return float(stats.t.ppf(0.5 + CONFIDENCE / 2, years - 1)) if years > 1 else float("nan")


@dataclass(frozen=True)
class MemberResults:
    """What each member came to, arrays of shape (members,).

    Attributes:
        lost_h, lost_days, events: hours, days and runs of hours with unserved energy.
        unserved_mwh: by the rule, without foresight.
        foreseen_mwh: the least possible, with perfect foresight; None where not asked for.
        largest_mw, longest_h: worst hour and longest run.
    """

    year: Ints
    lost_h: Floats
    lost_days: Floats
    events: Floats
    unserved_mwh: Floats
    foreseen_mwh: Floats | None
    largest_mw: Floats
    longest_h: Floats

    @classmethod
    def of(cls, members: Members, steps_per_day: int, export_mw: float = 0.0, foresight: bool = True) -> MemberResults:
        """Serve members under a firm export and count."""
        served = serve(members, export_mw)
        foreseen = foreseen_mwh(members, served, export_mw) if foresight else None
        return cls._counted(members, served, steps_per_day, foreseen)

    @classmethod
    def _counted(cls, members: Members, served: Served, steps_per_day: int, foreseen: Floats | None) -> MemberResults:
        lost = served.unserved_mw > SHORT_MW
        days = lost.reshape(len(lost), -1, steps_per_day).any(axis=2).sum(axis=1)
        lengths = [_runs(row) for row in lost]
        return cls(
            members.year, lost.sum(axis=1) * members.step_h, days.astype(float), np.array([float(len(run)) for run in lengths]),
            np.where(lost, served.unserved_mw, 0.0).sum(axis=1) * members.step_h, foreseen, served.unserved_mw.max(axis=1),
            np.array([float(run.max(initial=0)) for run in lengths]) * members.step_h,
        )  # fmt: skip

    @classmethod
    def joined(cls, parts: list[MemberResults]) -> MemberResults:
        """Of several batches."""

        def both(name: str) -> Floats:
            return np.concatenate([getattr(part, name) for part in parts])

        foreseen = None if any(part.foreseen_mwh is None for part in parts) else both("foreseen_mwh")
        return cls(
            np.concatenate([part.year for part in parts]), both("lost_h"), both("lost_days"), both("events"),
            both("unserved_mwh"), foreseen, both("largest_mw"), both("longest_h"),
        )  # fmt: skip


def _runs(lost: np.ndarray) -> Ints:
    """Lengths of the runs of True."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], lost.astype(np.int8), [0]))))
    lengths: Ints = edges[1::2] - edges[::2]
    return lengths


@dataclass(frozen=True)
class Indices:
    """Indices over all members; "a year" is the horizon of a member.

    Attributes:
        lole_h, lole_days: loss of load expectation, hours and days a year.
        lolp: chance that an hour lacks power.
        events: runs of such hours, a year.
        eens_mwh: expected energy not served a year, by the rule.
        eens_foreseen_mwh: the same with perfect foresight, the least there can be; None where not asked for.
        unserved_quantiles_mwh: 50, 90, 95 and 99 % of the members have no more.
        largest_mw, longest_h: over all members.
        mean_duration_h: of an event; NaN without one.
        members, years: how many went in.
    """

    lole_h: Estimate
    lole_days: Estimate
    lolp: float
    events: Estimate
    eens_mwh: Estimate
    eens_foreseen_mwh: Estimate | None
    unserved_quantiles_mwh: tuple[float, float, float, float]
    largest_mw: float
    longest_h: float
    mean_duration_h: float
    members: int
    years: int

    @classmethod
    def of(cls, found: MemberResults, horizon_h: float) -> Indices:
        """From what the members came to."""

        def mean(values: Floats) -> Estimate:
            return Estimate.between_years(values, found.year)

        lole, events = mean(found.lost_h), mean(found.events)
        quantiles = np.quantile(found.unserved_mwh, (0.5, 0.9, 0.95, 0.99))
        return cls(
            lole, mean(found.lost_days), lole.mean / horizon_h, events, mean(found.unserved_mwh),
            None if found.foreseen_mwh is None else mean(found.foreseen_mwh),
            (float(quantiles[0]), float(quantiles[1]), float(quantiles[2]), float(quantiles[3])),
            float(found.largest_mw.max()), float(found.longest_h.max()),
            lole.mean / events.mean if events.mean > 0.0 else float("nan"), len(found.year), len(np.unique(found.year)),
        )  # fmt: skip
