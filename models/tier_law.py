"""The law of priced tiers: what every demand that may be cut shares.

A demand is split into tiers by fixed shares, each with a price of not serving it. Prices rise from tier to tier, so the
optimum cuts the cheapest first. Tier ``k`` (from 1) is the decision ``m.shed_<k>_<rate>``, for example ``m.shed_1_mw``.

A kind uses it in four lines::

    tiers = Tiers("mw", self.shed_share_fraction, self.shed_price_yuan_per_mwh)
    tiers.declare(m, steps.hours, lambda t: m.demand_mw[t])
    ledger.enter(self.bus, self.id, "served", sign=-1, mw=lambda t: m.demand_mw[t] - tiers.shed(m, t))
    tiers.enter_costs(m, ledger, self.id, Rhythm.POWER)

and, to check an answer, ``served = demand - tiers.audit(self.id, answer, book, demand, Rhythm.POWER)``.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import pyomo.environ as pyo
from pydantic import AfterValidator, Field

from yuqian.models.book import Answer, Book
from yuqian.models.clock import Floats, Rhythm
from yuqian.models.ledger import Flow, Ledger
from yuqian.models.units import M3_PER_HM3

TOLERANCE = 1e-6
"""How far from 1 the sum of shares may be, for shares that were rounded in writing."""


def _shares(values: tuple[float, ...]) -> tuple[float, ...]:
    if min(values) < 0.0:
        raise ValueError(f"a share must not be negative; got {_written(values)}")
    if abs(sum(values) - 1.0) > TOLERANCE:
        raise ValueError(f"the shares must sum to 1; {_written(values)} sum to {sum(values):g}")
    return values


def _rising(values: tuple[float, ...]) -> tuple[float, ...]:
    if min(values) < 0.0:
        raise ValueError(f"a price must not be negative; got {_written(values)}")
    for before, after in itertools.pairwise(values):
        if after <= before:
            raise ValueError(f"prices must rise from tier to tier; {before:g} is followed by {after:g}")
    return values


Shares = Annotated[tuple[float, ...], Field(min_length=1), AfterValidator(_shares)]
"""Field type: shares of a whole, not negative, summing to 1."""
RisingPrices = Annotated[tuple[float, ...], Field(min_length=1), AfterValidator(_rising)]
"""Field type: prices of tiers, the cheapest first."""


@dataclass(frozen=True)
class Tiers:
    """Priced tiers of one demand.

    Attributes:
        rate: what the demand is kept in: "mw", "m3_per_s" or "t_per_h".
        share_fraction: share of the demand in each tier, summing to 1.
        price_yuan: price of not serving each tier, yuan per MWh, per m3 or per t, rising.

    Raises:
        ValueError: when there are not as many prices as shares. A kind calls this from a model validator, so that the
            catalogue refuses it.
    """

    rate: str
    share_fraction: Sequence[float]
    price_yuan: Sequence[float]

    def __post_init__(self) -> None:
        if len(self.share_fraction) != len(self.price_yuan):
            raise ValueError(
                f"every tier needs a share and a price; got {len(self.share_fraction)} shares and {len(self.price_yuan)} prices"
            )

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the decisions, cheapest tier first."""
        return tuple(f"shed_{tier}_{self.rate}" for tier in range(1, len(self.share_fraction) + 1))

    def declare(self, m: pyo.Block, over: Any, demand: Callable[[Any], Any]) -> None:
        """Declare one decision a tier, each at most its share of the demand.

        Args:
            over: the steps, a Pyomo set.
            demand: the demand in a step: a number, or a Param looked up.
        """
        for tier, (name, share) in enumerate(zip(self.names, self.share_fraction, strict=True), start=1):
            shed = pyo.Var(over, dense=False, bounds=(0, None))
            m.add_component(name, shed)
            m.add_component(f"shed_limit_{tier}", pyo.Constraint(over, rule=_limit(shed, share, demand)))

    def shed(self, m: pyo.Block, step: Any) -> Any:
        """What is not served in a step, all tiers together."""
        return sum(m.component(name)[step] for name in self.names)

    def enter_costs(self, m: pyo.Block, ledger: Ledger, owner: str, rhythm: Rhythm) -> None:
        """Enter the price of what is not served, one line a tier ("shed 1", "shed 2", ...)."""
        for tier, (name, price) in enumerate(zip(self.names, self.price_yuan, strict=True), start=1):
            rate_cost = _cost(m.component(name), price * _units_per_rate_hour(self.rate))
            ledger.cost(owner, f"shed {tier}", rhythm=rhythm, yuan_per_h=rate_cost)

    def audit(self, owner: str, answer: Answer, book: Book, demand: Floats, rhythm: Rhythm) -> Floats:
        """Check each tier against its share of ``demand`` (shape (steps,)), book its cost; returns the sum of the tiers."""
        seconds = 3600.0 if self.rate == "m3_per_s" else 1.0
        total = np.zeros_like(demand)
        for k, share in enumerate(self.share_fraction):
            values: Floats = getattr(answer, f"shed_{k + 1}_{self.rate}")
            book.within(owner, f"tier {k + 1} within its share", values, 0.0, share * demand)
            book.cost(values * self.price_yuan[k] * seconds, rhythm)
            total = total + values
        return total


def _units_per_rate_hour(rate: str) -> float:
    """MWh, m3 or t that the rate brings in an hour: the units that prices are given for."""
    flow = Flow.of_rate(rate)
    return flow.total_per_rate_hour * (M3_PER_HM3 if flow is Flow.WATER else 1.0)


def _limit(shed: Any, share: float, demand: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda _, step: shed[step] <= share * demand(step)


def _cost(shed: Any, price: float) -> Callable[[Any], Any]:
    return lambda step: price * shed[step]


def _written(values: Sequence[float]) -> str:
    return ", ".join(f"{value:g}" for value in values)
