"""The law of a schedule: how an exchange over a tie may change.

An exchange has two directions, each a power by the hour. What may be asked of it: that it keeps still over blocks of hours;
that a change is held for some hours before the next; that it changes, or turns its direction round, only so often in a day;
and that it goes one way at a time. Blocks are linear. The rest takes decisions that are whole or, relaxed, shares: one
formulation, two domains.

The direction stays what it was while nothing flows. What happened before the horizon is carried by the shared law, or free:
without an opening exchange the first block may be anything, and is no change.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyomo.environ as pyo

from yuqian.models.book import Answer, Book
from yuqian.models.carry_law import carry
from yuqian.models.clock import OPENING, Clock, Floats, Horizon, Rhythm, Steps
from yuqian.models.commitment_law import Commitment
from yuqian.models.kind import table
from yuqian.models.unit_opening import step_length_h, whole_steps
from yuqian.models.units import HOURS_PER_DAY

WHOLE = 1e-6
"""How far a decision may be from a whole number."""


@dataclass(frozen=True)
class Schedule:
    """How an exchange may change.

    Attributes:
        power_max_mw: highest in either direction.
        block_h: hours that the exchange keeps still, counted from midnight; 0 for no blocks. Divides the day.
        hold_h: hours that pass from one change to the next; 0 for none.
        reversals_max_per_day: how often the direction may turn round; None for any number.
        changes_max_per_day: how often the exchange may change at all; None for any number.
        commitment: of changes and direction; None where neither is asked for.
        opening_mw: net import in the hour before the horizon, held for long; None leaves it to the optimum.

    Raises:
        ValueError: for blocks that do not divide a day, or rules that need a commitment without one.
    """

    power_max_mw: float
    block_h: float
    hold_h: float
    reversals_max_per_day: float | None
    changes_max_per_day: float | None
    commitment: Commitment | None
    opening_mw: float | None = None

    def __post_init__(self) -> None:
        blocks = HOURS_PER_DAY / self.block_h if self.block_h else 1.0
        if abs(blocks - round(blocks)) > WHOLE:
            raise ValueError(f"blocks must divide the day of 24 h; {self.block_h:g} h do not")
        if (self._counts_changes or self.reversals_max_per_day is not None) and self.commitment is None:
            raise ValueError(
                "a hold and limits on changes and reversals count them; set the commitment "
                f"('{Commitment.RELAXED.value}' or '{Commitment.INTEGER.value}')"
            )
        if self.opening_mw is not None and abs(self.opening_mw) > self.power_max_mw:
            raise ValueError(f"the opening exchange ({self.opening_mw:g} MW) is more than {self.power_max_mw:g} MW")

    @property
    def _counts_changes(self) -> bool:
        return bool(self.hold_h) or self.changes_max_per_day is not None

    def declare(self, m: pyo.Block, steps: Steps) -> None:
        """Declare the rules over ``m.import_mw`` and ``m.export_mw``."""
        if self.block_h:
            self._keep_still(m, steps)
        if self.commitment is None:
            return
        domain = pyo.NonNegativeIntegers if self.commitment is Commitment.INTEGER else pyo.NonNegativeReals
        self._go_one_way(m, steps, domain)
        if self._counts_changes:
            self._hold(m, steps, domain)

    def _block_steps(self, clock: Clock) -> int:
        length = step_length_h(clock)
        count = self.block_h / length
        if count > 1.0 and abs(count - round(count)) > WHOLE:
            raise ValueError(f"a block of {self.block_h:g} h is no whole number of steps of {length:g} h")
        return max(1, round(count))

    def _keep_still(self, m: pyo.Block, steps: Steps) -> None:
        clock = steps.clock
        block = np.arange(clock.power.count) // self._block_steps(clock)
        m.blocks = pyo.RangeSet(0, int(block[-1]))
        table(m, "block_of_hour", steps.hours, block.astype(float))
        for way in ("import", "export"):
            of_block = pyo.Var(m.blocks, dense=False, bounds=(0, self.power_max_mw))
            m.add_component(f"{way}_block_mw", of_block)
            by_hour = m.component(f"{way}_mw")
            m.add_component(f"{way}_keeps_still", pyo.Constraint(steps.hours, rule=_same(by_hour, of_block, m.block_of_hour)))

    def _go_one_way(self, m: pyo.Block, steps: Steps, domain: Any) -> None:
        highest = self.power_max_mw
        m.importing_fraction = pyo.Var(steps.hour_ends, dense=False, domain=domain, bounds=(0, 1))

        @m.Constraint(steps.hours)
        def importing(m: pyo.Block, t: int) -> object:
            return m.import_mw[t] <= highest * m.importing_fraction[t]

        @m.Constraint(steps.hours)
        def exporting(m: pyo.Block, t: int) -> object:
            return m.export_mw[t] + highest * m.importing_fraction[t] <= highest

        way = None if not self.opening_mw else float(self.opening_mw > 0.0)
        self._begin(m, steps, "importing_fraction", (0.0, 1.0), way)
        if self.reversals_max_per_day is not None:
            self._turn_seldom(m, steps, self.reversals_max_per_day)

    def _turn_seldom(self, m: pyo.Block, steps: Steps, most: float) -> None:
        inside = steps.hours_per_day
        m.reversal_count = pyo.Var(steps.hours, dense=False, bounds=(0, 1))

        @m.Constraint(steps.hours)
        def turns_to_import(m: pyo.Block, t: int) -> object:
            return m.importing_fraction[t] - m.importing_fraction[t - 1] <= m.reversal_count[t]

        @m.Constraint(steps.hours)
        def turns_to_export(m: pyo.Block, t: int) -> object:
            return m.importing_fraction[t - 1] - m.importing_fraction[t] <= m.reversal_count[t]

        @m.Constraint(steps.days)
        def reversals_of_a_day(m: pyo.Block, d: int) -> object:
            return sum(m.reversal_count[inside * d + k] for k in range(inside)) <= most

    def _begin(self, m: pyo.Block, steps: Steps, name: str, limits: tuple[float, float], opening: float | None) -> None:
        """Carry the last value of a decision; without an opening the first window may choose it within the limits."""
        decision, past = m.component(name), range(OPENING, 0)
        given, free = (None, limits) if opening is None else ([opening], None)
        carry(m, steps, Rhythm.POWER, name, decision.__getitem__, past, opening=given, free=free)
        if steps.horizon is Horizon.WHOLE and opening is not None:
            m.add_component(f"{name}_before", pyo.Constraint(expr=decision[OPENING] == opening))

    def _hold(self, m: pyo.Block, steps: Steps, domain: Any) -> None:
        held = whole_steps(self.hold_h, step_length_h(steps.clock))
        past = range(-held, 0)
        m.past_and_hours = pyo.Set(initialize=range(-held, steps.clock.power.count))
        m.change_count = pyo.Var(m.past_and_hours, dense=False, domain=domain, bounds=(0, 1))
        for way, opening in self._openings().items():
            self._change_at_a_change(m, steps, way, opening)
        carry(m, steps, Rhythm.POWER, "change_count", m.change_count.__getitem__, past, opening=[0.0] * held)
        if steps.horizon is Horizon.WHOLE:
            m.past = pyo.Set(initialize=past)

            @m.Constraint(m.past)
            def changed_before(m: pyo.Block, t: int) -> object:
                return m.change_count[t] == 0.0

        @m.Constraint(steps.hours)
        def holds(m: pyo.Block, t: int) -> object:
            return sum(m.change_count[t - k] for k in range(held)) <= 1

        if self.changes_max_per_day is None:
            return
        inside, most = steps.hours_per_day, self.changes_max_per_day

        @m.Constraint(steps.days)
        def changes_of_a_day(m: pyo.Block, d: int) -> object:
            return sum(m.change_count[inside * d + k] for k in range(inside)) <= most

    def _openings(self) -> dict[str, float | None]:
        """Import and export in the hour before the horizon, where they are given."""
        net = self.opening_mw
        return {"import": None if net is None else max(net, 0.0), "export": None if net is None else max(-net, 0.0)}

    def _change_at_a_change(self, m: pyo.Block, steps: Steps, way: str, opening: float | None) -> None:
        """One direction may rise or fall only in a step of a change: each by itself, which is tighter than their difference."""
        highest, by_hour = self.power_max_mw, m.component(f"{way}_mw")
        scheduled = pyo.Var(steps.hour_ends, dense=False, bounds=(0, highest))
        m.add_component(f"{way}_scheduled_mw", scheduled)
        self._begin(m, steps, f"{way}_scheduled_mw", (0.0, highest), opening)
        rules = {
            "scheduled": lambda m, t: scheduled[t] == by_hour[t],
            "rises_at_a_change": lambda m, t: scheduled[t] - scheduled[t - 1] <= highest * m.change_count[t],
            "falls_at_a_change": lambda m, t: scheduled[t - 1] - scheduled[t] <= highest * m.change_count[t],
        }
        for name, rule in rules.items():
            m.add_component(f"{way}_{name}", pyo.Constraint(steps.hours, rule=rule))

    def audit(self, owner: str, answer: Answer, book: Book, clock: Clock) -> None:
        """Check every rule on the answer of ``owner``."""
        if self.block_h:
            self._audit_blocks(owner, answer, book, clock)
        if self.commitment is None:
            return
        way, highest = answer.importing_fraction, self.power_max_mw
        book.within(owner, "direction", way, 0.0, 1.0)
        book.within(owner, "import in its share", answer.import_mw, None, highest * way[1:])
        book.within(owner, "export in its share", answer.export_mw, None, highest * (1 - way[1:]))
        opened = None if not self.opening_mw else float(self.opening_mw > 0)
        _audit_opening(owner, "importing_fraction", answer, book, way[:1], opened)
        if self.commitment is Commitment.INTEGER:
            book.equal(owner, "one way at a time", way, np.round(way))
        if self.reversals_max_per_day is not None:
            turns = answer.reversal_count
            book.within(owner, "reversals", turns, np.abs(np.diff(way)), None)
            by_day = turns.reshape(clock.water.count, -1).sum(axis=1)
            book.within(owner, "reversals of a day", by_day, None, self.reversals_max_per_day)
        if self._counts_changes:
            self._audit_hold(owner, answer, book, clock)

    def _audit_blocks(self, owner: str, answer: Answer, book: Book, clock: Clock) -> None:
        size = max(1, round(self.block_h / clock.power.hours[0]))
        for way in ("import", "export"):
            power: Floats = getattr(answer, f"{way}_mw")
            first = np.repeat(power[::size], size)[: len(power)]
            book.equal(owner, f"{way} still over a block", power, first)
            book.equal(owner, f"{way} of the block", getattr(answer, f"{way}_block_mw"), power[::size])

    def _audit_hold(self, owner: str, answer: Answer, book: Book, clock: Clock) -> None:
        held = max(1, int(np.ceil(self.hold_h / clock.power.hours[0] - 1e-9)))
        changes = answer.change_count
        book.within(owner, "changes", changes, 0.0, 1.0)
        _audit_opening(owner, "change_count", answer, book, changes[:held], 0.0)
        if self.commitment is Commitment.INTEGER:
            book.equal(owner, "whole changes", changes, np.round(changes))
        now = changes[held:]
        for way, opening in self._openings().items():
            scheduled = getattr(answer, f"{way}_scheduled_mw")
            _audit_opening(owner, f"{way}_scheduled_mw", answer, book, scheduled[:1], opening)
            book.equal(owner, f"scheduled {way}", scheduled[1:], getattr(answer, f"{way}_mw"))
            book.within(owner, f"change of the {way}", np.abs(np.diff(scheduled)), None, self.power_max_mw * now)
        if self.changes_max_per_day is not None:
            by_day = now.reshape(clock.water.count, -1).sum(axis=1)
            book.within(owner, "changes of a day", by_day, None, self.changes_max_per_day)
        summed = np.convolve(changes, np.ones(held))[held : len(changes)]
        book.within(owner, "hold after a change", summed, None, 1.0)


def _audit_opening(owner: str, name: str, answer: Answer, book: Book, found: Floats, opening: float | None) -> None:
    """Check what a decision was before: in a window what the answer says was given, else the opening, if there is one."""
    given = getattr(answer, f"opening_{name}", None) if book.horizon is Horizon.WINDOW else opening
    if given is not None:
        book.equal(owner, f"{name} before", found, given)


def _same(by_hour: Any, of_block: Any, block_of_hour: Any) -> Any:
    return lambda _, t: by_hour[t] == of_block[block_of_hour[t]]
