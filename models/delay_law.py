"""The law of a delay: what is given now arrives some steps later."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyomo.environ as pyo

from yuqian.models.book import Answer, Book
from yuqian.models.carry_law import carry, note_round
from yuqian.models.clock import Clock, Floats, Horizon, Rhythm, Steps

NAME = "sent_m3_per_s"


def declare_delay(m: pyo.Block, steps: Steps, flow_m3_per_s: Callable[[Any], Any], lag: int) -> Callable[[Any], Any]:
    """What arrives in a water step of ``flow_m3_per_s`` sent ``lag`` steps before, 1 or more.

    What was sent before the first step is what is sent last, or in a window what is given, so no water is made or lost by
    being under way.
    """
    m.sent_steps = pyo.RangeSet(-lag, steps.clock.water.last)
    m.sent_m3_per_s = pyo.Var(m.sent_steps, dense=False, bounds=(0, None))

    @m.Constraint(steps.days)
    def sent(m: pyo.Block, d: int) -> object:
        return m.sent_m3_per_s[d] == flow_m3_per_s(d)

    carry(m, steps, Rhythm.WATER, NAME, m.sent_m3_per_s.__getitem__, range(-lag, 0), comes_round=True)
    return lambda d: m.sent_m3_per_s[d - lag]


def audit_delay(owner: str, answer: Answer, book: Book, clock: Clock, flow_m3_per_s: Floats, lag: int) -> Floats:
    """Check what was sent, shape (days,), and give what arrives."""
    sent = answer.sent_m3_per_s
    book.equal(owner, "sent", sent[lag:], flow_m3_per_s)
    if book.horizon is Horizon.WINDOW:
        before = answer.given(f"opening_{NAME}", sent[:lag])
    else:
        turns = np.tile(flow_m3_per_s, lag // clock.water.count + 1)
        before = turns[len(turns) - lag :]
    book.equal(owner, "sent before the first step", sent[:lag], before)
    note_round(book, owner, NAME, sent, lag)
    return sent[: clock.water.count]
