"""The law of burning coal in a unit online: along a straight line, or along net coal rates by load.

The straight line burns ``no_load_fraction`` of the full-load fuel at no output and all of it at rated output, so the net coal
rate worsens at part load by itself. Measured rates by load may stand in for it where fuel rises ever faster with power.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyomo.environ as pyo

from yuqian.models.book import Answer, Book
from yuqian.models.clock import Floats, Rhythm, Steps
from yuqian.models.commitment_law import Units
from yuqian.models.ledger import Account, Ledger
from yuqian.models.production_law import ProductionLine
from yuqian.models.units import GCE_PER_TCE, KWH_PER_MWH


@dataclass(frozen=True)
class CoalBurn:
    """One unit, gross power.

    Attributes:
        rated_mw, lowest_mw: of the unit.
        sent_out_fraction: share that its auxiliaries leave.
        rate_net_gce_per_kwh: at rated output.
        no_load_fraction: of the full-load fuel.
        load_fraction, load_rate_net_gce_per_kwh: loads from the lowest to 1, and the net coal rate at each; none: the
            straight line holds.

    Raises:
        ValueError: for loads that do not fit, or fuel that does not rise ever faster.
    """

    rated_mw: float
    lowest_mw: float
    sent_out_fraction: float
    rate_net_gce_per_kwh: float
    no_load_fraction: float
    load_fraction: tuple[float, ...] = ()
    load_rate_net_gce_per_kwh: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        loads, rates = self.load_fraction, self.load_rate_net_gce_per_kwh
        if len(loads) != len(rates):
            raise ValueError(f"each part_load_fraction needs its net coal rate; got {len(loads)} loads and {len(rates)} rates")
        if loads and (abs(loads[0] * self.rated_mw - self.lowest_mw) > 1e-9 * self.rated_mw or loads[-1] != 1.0):
            raise ValueError(f"part_load_fraction must reach from the minimum power ({self.lowest_mw / self.rated_mw:g}) to 1")
        try:
            _ = self.by_load
        except ValueError as error:
            raise ValueError(f"part_load_rate_net_gce_per_kwh, as fuel in an hour: {error}") from None

    @property
    def line(self) -> tuple[float, float]:
        """The straight line: tce/h for each unit online, and tce for each MWh gross."""
        net_mw = self.rated_mw * self.sent_out_fraction
        full_load = self.rate_net_gce_per_kwh * KWH_PER_MWH / GCE_PER_TCE * net_mw
        return self.no_load_fraction * full_load, (1.0 - self.no_load_fraction) * full_load / self.rated_mw

    @cached_property
    def by_load(self) -> ProductionLine | None:
        """Fuel of one unit by its power, tce/h, where rates by load are given."""
        if not self.load_fraction:
            return None
        per_load = self.rated_mw * self.sent_out_fraction * KWH_PER_MWH / GCE_PER_TCE
        burnt = (load * per_load * rate for load, rate in zip(self.load_fraction, self.load_rate_net_gce_per_kwh, strict=True))
        inner = (load * self.rated_mw for load in self.load_fraction[1:])
        return ProductionLine((self.lowest_mw, *inner), tuple(burnt))

    def declare(self, m: pyo.Block, steps: Steps, units: Units | None) -> Callable[[Any], Any]:
        """What the units online burn in a step, tce/h, from ``m.online_count`` and ``m.power_mw``."""
        line = self.by_load
        if line is None:
            no_load, per_mw = self.line
            return lambda t: no_load * m.online_count[t] + per_mw * m.power_mw[t]

        def above(t: Any) -> Any:
            return m.power_mw[t] - self.lowest_mw * m.online_count[t]

        line.declare(m, steps, units, above)
        return lambda t: line.rate(m, t, above)

    def audit(self, owner: str, answer: Answer, book: Book, online: Floats, power: Floats) -> Floats:
        """For the audit: coal at the full-load rate, with the no-load part for units online and the rest for power, tce/h."""
        if self.by_load is not None:
            return self.by_load.audit(owner, answer, book, power - online * self.lowest_mw)
        as_if_full = self.no_load_fraction * online * self.rated_mw + (1 - self.no_load_fraction) * power
        return as_if_full * self.sent_out_fraction * self.rate_net_gce_per_kwh / 1000


@dataclass(frozen=True)
class CoalFromYard:
    """Where the coal of a plant comes from, and what it leaves in the air.

    Attributes:
        owner, yard: ids of the plant and of the yard.
        heat_tce_per_t: of the coal.
        co2_t_per_tce: of burning it.
    """

    owner: str
    yard: str
    heat_tce_per_t: float
    co2_t_per_tce: float

    def enter(self, ledger: Ledger, label: str, account_label: str, burnt_tce_per_h: Callable[[Any], Any]) -> None:
        """Take what is burnt in a step from the yard, and count its CO2."""
        coal, co2 = 1.0 / self.heat_tce_per_t, self.co2_t_per_tce
        ledger.enter(
            self.yard, self.owner, label, sign=-1, rhythm=Rhythm.POWER, t_per_h=lambda t: coal * burnt_tce_per_h(t)
        )  # fmt: skip
        ledger.account(
            Account.CO2, self.owner, account_label, rhythm=Rhythm.POWER, t_per_h=lambda t: co2 * burnt_tce_per_h(t)
        )  # fmt: skip

    def audit(self, book: Book, burnt_tce_per_h: Floats) -> None:
        """Take it again in the audit, shape (steps,)."""
        book.enter(self.yard, -burnt_tce_per_h / self.heat_tce_per_t, Rhythm.POWER)
        book.account(Account.CO2, burnt_tce_per_h * self.co2_t_per_tce, Rhythm.POWER)
