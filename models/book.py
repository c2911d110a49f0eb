"""The auditor's book: an answer re-added in plain numpy.

Every kind writes into the book what an answer says it gave to and took from each balance and account, and checks its own
limits. The book shares no code with the rules that the optimiser solved, so it can find both of them wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from yuqian.models.clock import Clock, Floats, Horizon, Rhythm
from yuqian.models.ledger import Account, Exposure, Sense
from yuqian.models.reserve_product import Product


class Answer:
    """Arrays of one asset by attribute: decisions and series. A stock's array starts with its opening value."""

    def __init__(self, asset: str, arrays: Mapping[str, Floats]) -> None:
        self._asset = asset
        self._arrays = arrays

    def __getattr__(self, name: str) -> Floats:
        try:
            return self._arrays[name]
        except KeyError:
            raise AttributeError(f"the answer for '{self._asset}' holds no '{name}'") from None

    def given(self, name: str, otherwise: Floats | float) -> Floats | float:
        """An array that only some answers hold."""
        return self._arrays.get(name, otherwise)

    def __getstate__(self) -> dict[str, object]:
        return {"_asset": self._asset, "_arrays": self._arrays}

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__dict__.update(state)


@dataclass(frozen=True)
class Finding:
    """A check and how far the answer is from passing it.

    Attributes:
        owner: asset or balance.
        check: what was checked.
        residual: largest violation, in the quantity's own unit.
        scale: size of the quantity, for a relative figure; at least 1.
        step: where it is largest.
    """

    owner: str
    check: str
    residual: float
    scale: float
    step: int

    @property
    def relative(self) -> float:
        return self.residual / self.scale

    def __str__(self) -> str:
        return f"{self.owner}: {self.check}: off by {self.residual:g} (relative {self.relative:.1e}) in step {self.step}"


@dataclass(frozen=True)
class End:
    """Where a stock ended, and where it should have, had the horizon been solved as a whole; in the stock's unit.

    ``step`` counts back from the end: -1 is the last instant or step, and what is carried over several has one each.
    """

    owner: str
    name: str
    ended: float
    wanted: float
    step: int = -1

    @property
    def deviation(self) -> float:
        return self.ended - self.wanted


@dataclass(frozen=True)
class FailureFound:
    """Power that would be gone if something of an asset failed.

    Attributes:
        lost_mw: shape (power steps,).
        is_whole_asset: whether all that the asset holds in reserve is gone with it.
    """

    owner: str
    lost_mw: Floats
    is_whole_asset: bool


@dataclass
class Book:
    """What the auditor writes down.

    Attributes:
        clock: the calendar of the answer.
        horizon: whether the answer stands alone, or is a window of something longer.
        products: what each reserve requirement asks for, by its id.
        findings: one for each check, passed or not.
        published: by topic, what assets let others read, as in the ledger.
        ends: of a window, where its stocks ended.
        failures: power that would be gone if something failed.
        owner: whose answer is being audited, which is who enters unless somebody says otherwise.
    """

    clock: Clock
    horizon: Horizon = Horizon.WHOLE
    products: Mapping[str, Product] = field(default_factory=dict)
    ends: list[End] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    published: dict[str, list[tuple[str, Mapping[str, Floats]]]] = field(default_factory=dict)
    failures: list[FailureFound] = field(default_factory=list)
    owner: str = ""
    _sums: dict[str, Floats] = field(default_factory=dict)
    _sizes: dict[str, Floats] = field(default_factory=dict)
    _senses: dict[str, tuple[Rhythm, Sense]] = field(default_factory=dict)
    _pending: list[tuple[str, Rhythm | None, Floats, str]] = field(default_factory=list)
    _given: dict[str, Floats] = field(default_factory=dict)
    _intakes: list[tuple[str, str, float, Floats]] = field(default_factory=list)
    _exposed_mw: dict[Exposure, Floats] = field(default_factory=dict)
    totals: dict[Account, float] = field(default_factory=lambda: dict.fromkeys(Account, 0.0))

    def open(self, balance: str, rhythm: Rhythm, sense: Sense = Sense.EQUAL) -> None:
        """Declare a balance whose entries must add up to nothing (or to at least nothing) in each step."""
        self._senses[balance] = (rhythm, sense)

    def enter(self, balance: str, values: Floats, rhythm: Rhythm | None = None, owner: str = "") -> None:
        """Give (positive) or take (negative) a rate by step; ``rhythm`` when it is not the balance's own.

        Args:
            owner: who enters; :attr:`owner` when left out.
        """
        self._pending.append((balance, rhythm, np.asarray(values, dtype=float), owner or self.owner))

    def entered(self, balance: str, owner: str) -> Floats:
        """What an owner has entered into a balance of power steps so far, shape (power steps,)."""
        total: Floats = np.zeros(self.clock.power.count)
        for name, _, values, who in self._pending:
            if name == balance and who == owner:
                total = total + values
        return total

    def may_fail(self, owner: str, lost_mw: Floats, *, is_whole_asset: bool) -> None:
        """State what power would be gone in each step if something of the owner failed, shape (power steps,), MW."""
        self.failures.append(FailureFound(owner, lost_mw, is_whole_asset))

    def expose(self, what: Exposure, mw: Floats) -> None:
        """State load, or what wind and sun have available, shape (power steps,), MW."""
        self._exposed_mw[what] = self.exposed_mw(what) + mw

    def exposed_mw(self, what: Exposure) -> Floats:
        """All that was stated, shape (power steps,), MW."""
        return self._exposed_mw.get(what, np.zeros(self.clock.power.count))

    def product(self, requirement: str) -> Product:
        """What a reserve requirement asks for; plain spinning reserve where it says nothing."""
        return self.products.get(requirement, Product())

    def limit_intake(self, balance: str, check: str, most: float, own: Floats | float = 0.0) -> None:
        """Check that what others give to a balance, together, is at most ``most`` in each of its steps.

        Args:
            own: what its opener itself enters, by step of the balance.
        """
        self._intakes.append((balance, check, most, np.asarray(own, dtype=float)))

    def account(self, account: Account, values: Floats, rhythm: Rhythm) -> None:
        """Add a rate by step to an account's total."""
        hours = self.clock.timeline(rhythm).hours
        self.totals[account] += float(np.sum(values * hours)) * account.flow.total_per_rate_hour

    def note_end(self, owner: str, name: str, ended: float, wanted: float, step: int = -1) -> None:
        """Note where a stock of a window ended."""
        self.ends.append(End(owner, name, ended, wanted, step))

    def publish(self, topic: str, owner: str, **values: Floats) -> None:
        """Let others read something of ``owner``, as it did in the ledger."""
        self.published.setdefault(topic, []).append((owner, values))

    def cost(self, yuan_per_h: Floats, rhythm: Rhythm) -> None:
        """Add to the total cost."""
        self.account(Account.COST, yuan_per_h, rhythm)

    def within(self, owner: str, check: str, values: Floats, low: Floats | float | None, high: Floats | float | None) -> None:
        """Check ``low <= values <= high``; None leaves a side open."""
        values = np.atleast_1d(values)
        if not values.size:  # of one step there is no change from step to step
            return
        below = np.zeros_like(values) if low is None else np.maximum(np.asarray(low) - values, 0.0)
        above = np.zeros_like(values) if high is None else np.maximum(values - np.asarray(high), 0.0)
        limits = [np.abs(np.asarray(side)).max() for side in (low, high) if side is not None and np.isfinite(side).all()]
        self._find(owner, check, np.maximum(below, above), max([1.0, np.abs(values).max(), *limits]))

    def equal(self, owner: str, check: str, left: Floats, right: Floats | float) -> None:
        """Check ``left == right`` step by step."""
        left = np.atleast_1d(left)
        if not left.size:
            return
        scale = max(1.0, float(np.abs(left).max()), float(np.abs(np.asarray(right)).max()))
        self._find(owner, check, np.abs(left - right), scale)

    def close(self) -> list[Finding]:
        """Re-add every balance; returns all findings, the balances' last."""
        for balance, rhythm, values, _ in self._pending:
            self._add(balance, rhythm, values)
        self._pending.clear()
        for balance, check, most, own in self._intakes:
            given = self._given.get(balance, np.zeros(1)) - np.maximum(own, 0.0)
            self.within(balance, check, given, None, most)
        self._intakes.clear()
        for balance, (_, sense) in self._senses.items():
            if balance in self._sums:
                total = self._sums[balance]
                gap = np.abs(total) if sense is Sense.EQUAL else np.maximum(-total, 0.0)
                self._find(balance, "balance", gap, max(1.0, float(self._sizes[balance].max())))
        return self.findings

    def _add(self, balance: str, rhythm: Rhythm | None, values: Floats) -> None:
        if balance not in self._senses:
            self.findings.append(Finding(balance, "balance was never opened", float("inf"), 1.0, 0))
            return
        own, _ = self._senses[balance]
        if rhythm is not None and rhythm is not own:
            values = self.clock.mean_over_water(values) if own is Rhythm.WATER else values[self.clock.water_of_power]
        values = np.broadcast_to(values, self.clock.timeline(own).count)
        self._sums[balance] = self._sums.get(balance, 0.0) + values
        self._given[balance] = self._given.get(balance, 0.0) + np.maximum(values, 0.0)
        self._sizes[balance] = np.maximum(self._sizes.get(balance, np.zeros_like(values)), np.abs(values))

    def _find(self, owner: str, check: str, gap: Floats, scale: float) -> None:
        gap = np.where(np.isnan(gap), np.inf, gap)
        worst = int(np.argmax(gap))
        self.findings.append(Finding(owner, check, float(gap[worst]), float(scale), worst))
