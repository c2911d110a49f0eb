"""Coal unit: a station of identical coal-fired units."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import pyomo.environ as pyo
from pydantic import Field

from yuqian.models.book import Answer, Book
from yuqian.models.clock import Clock, Floats, Rhythm, Steps
from yuqian.models.kind import (
    Bus,
    Capacity,
    CapacityGroup,
    CoalFrom,
    Count,
    Example,
    Fraction,
    Kind,
    NonNegative,
    Positive,
    SeriesNeed,
    WaterFrom,
)
from yuqian.models.ledger import Account, Ledger
from yuqian.models.port import Port
from yuqian.models.units import GCE_PER_TCE, KWH_PER_MWH, SECONDS_PER_HOUR

BelowOne = Annotated[float, Field(ge=0, lt=1)]


class CoalUnit(Kind):
    """A station of identical units, with commitment relaxed: any number of units, whole or not, is online in an hour.

    Power is gross, at the generator's terminals. Each unit online runs between its minimum and its rated power and burns
    a straight line of fuel: ``no_load_fraction`` of the full-load fuel at no output, all of it at rated output, where the
    net coal rate holds. The part-load penalty follows from that line. Units available are the given share of all units; a
    given share of those is always online. Ramps are limited by the rated power of the whole station. The unit takes raw
    coal from its yard, make-up water for cooling if it names a node, and sends out what its auxiliaries leave.
    """

    title_en: ClassVar[str] = "Coal-fired units"
    title_zh: ClassVar[str] = "燃煤机组"
    series: ClassVar = {"available_fraction": SeriesNeed("thermal", Rhythm.POWER, high=1.0)}

    bus: Bus
    coal_yard: CoalFrom
    water_node: WaterFrom | None = None
    unit_count: Count
    unit_power_max_mw: Positive
    power_min_fraction: Fraction
    must_run_fraction: Fraction
    ramp_fraction_per_h: Positive
    coal_rate_net_gce_per_kwh: Positive
    no_load_fraction: BelowOne
    auxiliary_fraction: BelowOne
    coal_heat_tce_per_t: Positive
    co2_t_per_tce: NonNegative
    water_m3_per_mwh: NonNegative
    variable_cost_yuan_per_mwh: NonNegative
    outage_fraction: Fraction
    hot_derate_fraction_per_c: NonNegative
    hot_derate_above_c: float

    def contribute(self, m: pyo.Block, ledger: Ledger, steps: Steps) -> None:
        m.online_count = pyo.Var(steps.hours, dense=False, bounds=(0, self.unit_count))
        m.power_mw = pyo.Var(steps.hours, dense=False, bounds=(0, None))
        self._limit_units(m, steps)
        self._limit_ramps(m, steps)
        no_load, per_mw = self.fuel_line()
        sent_out = 1.0 - self.auxiliary_fraction

        def fuel(t: int) -> Any:
            return no_load * m.online_count[t] + per_mw * m.power_mw[t]

        coal, co2, price = 1.0 / self.coal_heat_tce_per_t, self.co2_t_per_tce, self.variable_cost_yuan_per_mwh * sent_out
        ledger.enter(self.bus, self.id, "generation", mw=lambda t: sent_out * m.power_mw[t])
        ledger.enter(self.coal_yard, self.id, "burnt", sign=-1, rhythm=Rhythm.POWER, t_per_h=lambda t: coal * fuel(t))
        ledger.account(Account.CO2, self.id, "combustion", rhythm=Rhythm.POWER, t_per_h=lambda t: co2 * fuel(t))
        ledger.cost(self.id, "operation", rhythm=Rhythm.POWER, yuan_per_h=lambda t: price * m.power_mw[t])
        if self.water_node is not None and self.water_m3_per_mwh:
            water = self.water_m3_per_mwh / SECONDS_PER_HOUR

            def cooling(t: int) -> Any:
                return water * m.power_mw[t]

            ledger.enter(self.water_node, self.id, "cooling water", sign=-1, rhythm=Rhythm.POWER, m3_per_s=cooling)
            ledger.account(Account.ALLOCATION, self.id, "power", rhythm=Rhythm.POWER, m3_per_s=cooling)

    def fuel_line(self) -> tuple[float, float]:
        """Fuel as a line: tce/h for each unit online, and tce for each MWh gross."""
        net_mw = self.unit_power_max_mw * (1.0 - self.auxiliary_fraction)
        full_load = self.coal_rate_net_gce_per_kwh * KWH_PER_MWH / GCE_PER_TCE * net_mw
        return self.no_load_fraction * full_load, (1.0 - self.no_load_fraction) * full_load / self.unit_power_max_mw

    def _limit_units(self, m: pyo.Block, steps: Steps) -> None:
        rated, lowest = self.unit_power_max_mw, self.power_min_fraction * self.unit_power_max_mw

        @m.Constraint(steps.hours)
        def available(m: pyo.Block, t: int) -> object:
            return m.online_count[t] <= self.unit_count * m.available_fraction[t]

        @m.Constraint(steps.hours)
        def must_run(m: pyo.Block, t: int) -> object:
            return m.online_count[t] >= self.must_run_fraction * self.unit_count * m.available_fraction[t]

        @m.Constraint(steps.hours)
        def highest_power(m: pyo.Block, t: int) -> object:
            return m.power_mw[t] <= rated * m.online_count[t]

        @m.Constraint(steps.hours)
        def lowest_power(m: pyo.Block, t: int) -> object:
            return m.power_mw[t] >= lowest * m.online_count[t]

    def _limit_ramps(self, m: pyo.Block, steps: Steps) -> None:
        ramp = self.ramp_fraction_per_h * self.unit_count * self.unit_power_max_mw

        @m.Constraint(steps.later_hours)
        def ramp_up(m: pyo.Block, t: int) -> object:
            return m.power_mw[t] - m.power_mw[t - 1] <= ramp * steps.length_h(Rhythm.POWER, t)

        @m.Constraint(steps.later_hours)
        def ramp_down(m: pyo.Block, t: int) -> object:
            return m.power_mw[t - 1] - m.power_mw[t] <= ramp * steps.length_h(Rhythm.POWER, t)

    def audit(self, answer: Answer, book: Book, clock: Clock) -> None:
        online, power = answer.online_count, answer.power_mw
        units = answer.available_fraction * self.unit_count
        book.within(self.id, "units online", online, units * self.must_run_fraction, units)
        book.within(
            self.id, "power of the units online", power,
            online * self.unit_power_max_mw * self.power_min_fraction, online * self.unit_power_max_mw,
        )  # fmt: skip
        station = self.unit_count * self.unit_power_max_mw
        climb = abs(power[1:] - power[:-1]) / clock.power.hours[1:] / station
        if len(climb):
            book.within(self.id, "ramp, as a share of the station per hour", climb, None, self.ramp_fraction_per_h)
        net, burnt = power * (1 - self.auxiliary_fraction), self._burnt_tce_per_h(online, power)
        book.enter(self.bus, net)
        book.enter(self.coal_yard, -burnt / self.coal_heat_tce_per_t, Rhythm.POWER)
        book.account(Account.CO2, burnt * self.co2_t_per_tce, Rhythm.POWER)
        book.cost(net * self.variable_cost_yuan_per_mwh, Rhythm.POWER)
        if self.water_node is not None and self.water_m3_per_mwh:
            drawn = power * self.water_m3_per_mwh / 3600
            book.enter(self.water_node, -drawn, Rhythm.POWER)
            book.account(Account.ALLOCATION, drawn, Rhythm.POWER)

    def _burnt_tce_per_h(self, online: Floats, power: Floats) -> Floats:
        """For the audit: coal at the full-load rate, with the no-load part for units online and the rest for power."""
        as_if_full = self.no_load_fraction * online * self.unit_power_max_mw + (1 - self.no_load_fraction) * power
        return as_if_full * (1 - self.auxiliary_fraction) * self.coal_rate_net_gce_per_kwh / 1000

    def capacity(self) -> Capacity:
        return Capacity(self.unit_count * self.unit_power_max_mw, CapacityGroup.GENERATION)

    @classmethod
    def example(cls) -> Example:
        asset = cls(
            id="coal", bus="bus", coal_yard="yard", water_node="stream", unit_count=2, unit_power_max_mw=660.0,
            power_min_fraction=0.4, must_run_fraction=0.3, ramp_fraction_per_h=0.5, coal_rate_net_gce_per_kwh=300.0,
            no_load_fraction=0.18, auxiliary_fraction=0.06, coal_heat_tce_per_t=0.75, co2_t_per_tce=2.62,
            water_m3_per_mwh=1.75, variable_cost_yuan_per_mwh=13.0, outage_fraction=0.12,
            hot_derate_fraction_per_c=0.003, hot_derate_above_c=33.0,
        )  # fmt: skip
        ports = (
            Port.market("bus", "mw", 600.0, 400.0),
            Port.market("yard", "t_per_h", 800.0, 0.0),
            Port.market("stream", "m3_per_s", 1e5, 0.0),
        )
        return Example(asset, ports, series={"available_fraction": 0.88})
