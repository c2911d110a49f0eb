"""The law of a quota: a licensed volume that runs from one date to the next, every year.

One date is a licence year (取水许可), several are the quotas of seasons. The use is counted from each date on, as a stock
``m.quota_used_hm3`` that begins again at nought, so a window of a year can be given what the year has used before it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import pyomo.environ as pyo
from pydantic import Field

from yuqian.models.book import Book
from yuqian.models.carry_law import carry
from yuqian.models.clock import OPENING, Clock, Floats, Horizon, Rhythm, Steps, Timeline
from yuqian.models.kind import table

MonthDay = Annotated[str, Field(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")]
"""Field type: a date of every year, "MM-DD"."""


@dataclass(frozen=True)
class Quota:
    """Volumes by the dates that they run from.

    Attributes:
        start: "MM-DD", rising.
        volume_hm3: what may be taken from each date to the next.
        used_hm3: what has been taken of it before the first step.

    Raises:
        ValueError: for dates that do not rise, or another number of volumes. A kind calls this from a model validator.
    """

    start: Sequence[str]
    volume_hm3: Sequence[float]
    used_hm3: float = 0.0

    def __post_init__(self) -> None:
        if len(self.start) != len(self.volume_hm3):
            raise ValueError(f"every date of a quota needs a volume; got {len(self.start)} and {len(self.volume_hm3)}")
        if list(self.start) != sorted(set(self.start)):
            raise ValueError(f"the dates of a quota must rise through the year; got {', '.join(self.start)}")

    def __bool__(self) -> bool:
        return bool(self.start)

    def by_step(self, timeline: Timeline) -> tuple[Floats, Floats]:
        """Volume in force in each step, and 1 where the count runs on (0 in a step that begins it again)."""
        years = timeline.stamps.astype("datetime64[Y]").astype(np.int64)
        passed = sum(timeline.since(date).astype(np.int64) for date in self.start)
        period = years * len(self.start) + passed - 1
        begins = np.concatenate(([_begins_on(timeline, self.start)], np.diff(period) > 0))
        return np.asarray(self.volume_hm3, dtype=float)[period % len(self.start)], 1.0 - begins.astype(float)

    def declare(self, m: pyo.Block, steps: Steps, flow_m3_per_s: Callable[[Any], Any]) -> None:
        """Count what ``flow_m3_per_s`` takes, and hold it to the quota."""
        volume, runs_on = self.by_step(steps.clock.water)
        m.quota_used_hm3 = pyo.Var(steps.day_ends, dense=False, bounds=(0, None))
        table(m, "quota_hm3", steps.days, volume)
        table(m, "quota_runs_on_fraction", steps.days, runs_on)
        used = m.quota_used_hm3
        carry(m, steps, Rhythm.WATER, "quota_used_hm3", used.__getitem__, range(OPENING, 0), opening=[self.used_hm3])
        if steps.horizon is Horizon.WHOLE:
            m.quota_opens = pyo.Constraint(expr=used[OPENING] == self.used_hm3)

        @m.Constraint(steps.days)
        def quota_count(m: pyo.Block, d: int) -> object:
            before = m.quota_runs_on_fraction[d] * m.quota_used_hm3[d - 1]
            return m.quota_used_hm3[d] == before + steps.hm3_per_m3_per_s[d] * flow_m3_per_s(d)

        @m.Constraint(steps.days)
        def quota(m: pyo.Block, d: int) -> object:
            return m.quota_used_hm3[d] <= m.quota_hm3[d]

    def audit(self, owner: str, used_hm3: Floats, flow_m3_per_s: Floats, book: Book, clock: Clock) -> None:
        """Count again, by adding up."""
        volume, runs_on = self.by_step(clock.water)
        total = float(used_hm3[0]) if book.horizon is Horizon.WINDOW else self.used_hm3
        counted = [total]
        for taken, on in zip(flow_m3_per_s * clock.water.hours * 0.0036, runs_on, strict=True):
            total = total * on + taken
            counted.append(total)
        book.equal(owner, "quota counted", used_hm3, np.array(counted))
        book.within(owner, "quota", np.array(counted[1:]), None, volume)


def _begins_on(timeline: Timeline, dates: Sequence[str]) -> bool:
    """Whether the first step is one of the dates."""
    return str(timeline.stamps[0].astype("datetime64[D]"))[5:] in dates
