"""The law of changing over: a reversible unit that turns from pumping to generating, or back, stands still for a while.

Units are identical and counted, so who changes is told by the counts: of those that pumped in the step before and those that
generate now, together more than there are units, the excess must have changed, and more may have. Each change costs its share
of the step: those units work for the rest of it only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyomo.environ as pyo

from yuqian.models.book import Answer, Book
from yuqian.models.clock import Floats, Steps

_WAYS = (("generating", "pumping"), ("pumping", "generating"))
"""What a unit turns to, and what it turns from."""


@dataclass(frozen=True)
class Changeover:
    """How long a change takes.

    Attributes:
        share_fraction: of a step that a change takes; nothing: changes cost nothing and are not counted.
        count: units.
        whole: whether they are counted whole.
    """

    share_fraction: float
    count: int
    whole: bool

    def __post_init__(self) -> None:
        if self.share_fraction > 1.0:
            raise ValueError(f"changeover_h is {self.share_fraction:g} steps of the clock; a change may take one step at most")

    def declare(self, m: pyo.Block, steps: Steps) -> None:
        """Declare ``m.turned_generating_count`` and ``m.turned_pumping_count``: changes in each step."""
        if not self.share_fraction:
            return
        domain = pyo.NonNegativeIntegers if self.whole else pyo.NonNegativeReals
        for to, since in _WAYS:
            turned = pyo.Var(steps.hours, dense=False, domain=domain, bounds=(0, self.count))
            m.add_component(f"turned_{to}_count", turned)
            now, before = m.component(f"{to}_count"), m.component(f"{since}_count")
            self._limit(m, steps, to, turned, now, before)

    def _limit(self, m: pyo.Block, steps: Steps, to: str, turned: Any, now: Any, before: Any) -> None:
        rules = {
            "must": lambda _, t: turned[t] >= now[t] + before[t - 1] - self.count,
            "now": lambda _, t: turned[t] <= now[t],
            "before": lambda _, t: turned[t] <= before[t - 1],
        }
        for name, rule in rules.items():
            m.add_component(f"turned_{to}_{name}", pyo.Constraint(steps.hours, rule=rule))

    def working(self, m: pyo.Block, t: Any, to: str) -> Any:
        """Units that generate or pump in a step, those that turned for the rest of the step only."""
        units = m.component(f"{to}_count")[t]
        return units - self.share_fraction * m.component(f"turned_{to}_count")[t] if self.share_fraction else units

    def audit(self, owner: str, answer: Answer, book: Book) -> dict[str, Floats]:
        """Check an answer; returns the units that work, by what they do, shapes (steps,)."""
        working: dict[str, Floats] = {}
        for to, since in _WAYS:
            now, before = getattr(answer, f"{to}_count")[1:], getattr(answer, f"{since}_count")[:-1]
            working[to] = now
            if not self.share_fraction:
                continue
            turned = getattr(answer, f"turned_{to}_count")
            must = np.maximum(now + before - self.count, 0.0)
            book.within(owner, f"units turned {to}", turned, must, np.minimum(now, before))
            if self.whole:
                book.equal(owner, f"whole units turned {to}", turned, np.round(turned))
            working[to] = now - self.share_fraction * turned
        return working
