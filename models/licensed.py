"""What every kind shares whose water is licensed by volume."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Self

import pyomo.environ as pyo
from pydantic import Field, model_validator

from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Floats, Steps
from yuqian.models.kind import Kind, NonNegative
from yuqian.models.quota_law import MonthDay, Quota


class Licensed(Kind):
    """Base of kinds that may be held to volumes by date: a licence year, or the quotas of seasons."""

    catalogued: ClassVar[bool] = False

    quota_start: tuple[MonthDay, ...] = ()
    quota_hm3: tuple[NonNegative, ...] = Field(default=(), title="分期许可水量")
    quota_used_hm3: NonNegative = Field(default=0.0, title="期初已用许可水量")

    @model_validator(mode="after")
    def _quota_is_whole(self) -> Self:
        self.quota()
        return self

    def quota(self) -> Quota:
        """Volumes by date; none without dates."""
        return Quota(self.quota_start, self.quota_hm3, self.quota_used_hm3)

    def hold_to_quota(self, m: pyo.Block, steps: Steps, flow_m3_per_s: Callable[[Any], Any]) -> None:
        """Count a flow against the quota, if there is one."""
        if self.quota():
            self.quota().declare(m, steps, flow_m3_per_s)

    def audit_quota(self, answer: Answer, flow_m3_per_s: Floats, book: Book, clock: Clock) -> None:
        """Count it again."""
        if self.quota():
            self.quota().audit(self.id, answer.quota_used_hm3, flow_m3_per_s, book, clock)
