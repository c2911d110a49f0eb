"""What a late train or a closed corridor does: days of cover, energy lost, and what a tonne is worth.

Two solves of one program over the same days: in time, with the trains as planned; and late, with the event. What was decided
before the first day of the event is kept as planned, unless the event is foreseen. Nobody is named here: a yard is what has a
stock and a full burn, a corridor what has a lead time and events.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np

from yuqian.models.book import Answer
from yuqian.models.clock import Clock, Floats
from yuqian.models.kind import Kind
from yuqian.optimise.compile import compile_model
from yuqian.optimise.entries import Books, books
from yuqian.optimise.prices import balance_prices, priced
from yuqian.reports.shortage import unserved_mwh
from yuqian.reports.stretch import StretchError, solved, solved_from
from yuqian.reports.study import Study
from yuqian.timeseries.make import make_series
from yuqian.timeseries.weather import WeatherPlan

EVENT_FIELDS = ("late_due", "late_days", "late_train_count", "closed_from", "closed_until")

EVENTS = ("rail", "late_trains")
"""Resources that an event changes; what has left before it is the same in time and late."""


@runtime_checkable
class Yard(Protocol):
    """Whatever holds coal against days of full burn."""

    id: str
    full_burn_t_per_day: float

    def stock_of(self, answer: Answer) -> Floats: ...


@runtime_checkable
class Corridor(Protocol):
    """Whatever may be late or closed."""

    id: str
    lead_time_days: int
    late_due: tuple[dt.date, ...]
    closed_from: tuple[dt.date, ...]


@dataclass(frozen=True)
class YardReport:
    """One yard over the days.

    Attributes:
        cover_days: days of full burn in stock at the end of each day, in time and late, shapes (days,).
        value_yuan_per_t: what one tonne more in the yard would save on each day, in time and late, shapes (days,).
        burnt_t: what others took from it, in time and late.
        heat_tce_per_t: of the coal that is burnt from it; None where nothing says.
    """

    yard: str
    full_burn_t_per_day: float
    cover_days: tuple[Floats, Floats]
    value_yuan_per_t: tuple[Floats, Floats]
    burnt_t: tuple[float, float]
    heat_tce_per_t: float | None


@dataclass(frozen=True)
class LateReport:
    """In time against late.

    Attributes:
        event_day: the first day of the event, counted from the first day; None without an event.
        is_foreseen: whether decisions before it knew of it.
        cost_yuan, unserved_mwh: in time and late.
    """

    clock: Clock
    yards: tuple[YardReport, ...]
    event_day: int | None
    is_foreseen: bool
    cost_yuan: tuple[float, float]
    unserved_mwh: tuple[float, float]

    def day(self, position: int) -> str:
        return str(self.clock.water.stamps[position].astype("datetime64[D]"))

    def lines(self) -> list[str]:
        """As text, a line each."""
        (before, after), lost = self.unserved_mwh, self.unserved_mwh[1] - self.unserved_mwh[0]
        dearer = self.cost_yuan[1] - self.cost_yuan[0]
        text = [f"{self.day(0)} and {self.clock.water.count} days; cost {self.cost_yuan[0]:,.0f} yuan"]
        if self.event_day is not None:
            known = "foreseen" if self.is_foreseen else "known from that day on"
            text = [
                f"{text[0]} in time, {dearer:+,.0f} late",
                f"event on {self.day(self.event_day)}, {known}: not served {before:,.3f} MWh in time, {after:,.3f} late: "
                f"{lost:,.3f} MWh lost",
            ]
        for yard in self.yards:
            parts = []
            for name, cover, value in zip(("in time", "late"), yard.cover_days, yard.value_yuan_per_t, strict=True):
                lowest = int(np.argmin(cover))
                heat = yard.heat_tce_per_t
                by_tce = "" if heat is None else f" = {value[lowest] / heat:,.2f} yuan/tce"
                parts.append(
                    f"{name} {cover[lowest]:.3f} days of cover at least, on {self.day(lowest)}; "
                    f"a tonne is worth {value[lowest]:,.2f} yuan{by_tce} then, {value.max():,.2f} at most"
                )
            text += [f"{yard.yard}: {part}" for part in (parts if self.event_day is not None else parts[:1])]
            if self.event_day is not None:
                text.append(
                    f"{yard.yard}: {yard.burnt_t[0]:,.1f} t burnt in time, {yard.burnt_t[1] - yard.burnt_t[0]:+,.1f} late"
                )
        return text

    def as_data(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return {
            "from": self.day(0),
            "days": self.clock.water.count,
            "event_day": None if self.event_day is None else self.day(self.event_day),
            "foreseen": self.is_foreseen,
            "cost_yuan": _pair(*self.cost_yuan),
            "energy_not_served_mwh": _pair(*self.unserved_mwh),
            "energy_lost_mwh": self.unserved_mwh[1] - self.unserved_mwh[0],
            "yards": {yard.yard: self._yard_as_data(yard) for yard in self.yards},
        }

    def _yard_as_data(self, yard: YardReport) -> dict[str, Any]:
        by_tce, stock_t = {}, [cover * yard.full_burn_t_per_day for cover in yard.cover_days]
        if yard.heat_tce_per_t is not None:
            by_tce = {
                "stock_tce": _pair(*(values * yard.heat_tce_per_t for values in stock_t)),
                "value_yuan_per_tce": _pair(*(values / yard.heat_tce_per_t for values in yard.value_yuan_per_t)),
            }
        return {
            "full_burn_t_per_day": yard.full_burn_t_per_day,
            "heat_tce_per_t": yard.heat_tce_per_t,
            "burnt_t": _pair(*yard.burnt_t),
            "lowest_cover_days": _pair(*(float(cover.min()) for cover in yard.cover_days)),
            "lowest_on": _pair(*(self.day(int(np.argmin(cover))) for cover in yard.cover_days)),
            "cover_days": _pair(*yard.cover_days),
            "stock_t": _pair(*stock_t),
            "value_yuan_per_t": _pair(*yard.value_yuan_per_t),
            **by_tce,
        }


def late_report(study: Study, plan: WeatherPlan, is_foreseen: bool = False) -> LateReport:
    """Solve the days of a study in time and with the events of its corridors.

    Args:
        study: over some weeks; its corridors state what is late or closed.
        plan: the weather of the study.

    Raises:
        StretchError: for an event that lies outside these days, or whose train left before them.
        NoAnswer: when a solve ends without an answer.
    """
    assembly = study.assemble()
    program = compile_model(assembly.model)
    calm, event_day = _without_events(study, plan)
    in_time = solved(assembly, program.with_series(calm) if calm else program)
    late = in_time
    if event_day is not None:
        assert in_time.solution.x is not None
        known_from = 0 if is_foreseen else event_day
        late = solved_from(assembly, program, in_time.solution.x, known_from)
    both = in_time, late
    sheets = [books(assembly, one.program, one.solution.x) for one in both if one.solution.x is not None]
    values = [balance_prices(assembly, one.program, priced(one.program, one.solution)) for one in both]
    yards = tuple(
        YardReport(
            asset.id, asset.full_burn_t_per_day,
            tuple(asset.stock_of(one.answers[asset.id])[1:] / asset.full_burn_t_per_day for one in both),  # type: ignore[arg-type]
            tuple(prices[asset.id].values for prices in values),  # type: ignore[arg-type]
            tuple(_taken_t(sheet, asset.id, study.clock) for sheet in sheets),  # type: ignore[arg-type]
            _heat_of(asset.id, assembly.assets, sheets[0]),
        )
        for asset in assembly.assets
        if isinstance(asset, Yard) and asset.full_burn_t_per_day > 0.0
    )  # fmt: skip
    return LateReport(
        study.clock, yards, event_day, is_foreseen, (in_time.cost_yuan, late.cost_yuan),
        (unserved_mwh(in_time), unserved_mwh(late)),
    )  # fmt: skip


def _without_events(study: Study, plan: WeatherPlan) -> tuple[dict[tuple[str, str], Floats], int | None]:
    """Series of the corridors as if nothing were late or closed, and the first day of any event."""
    corridors = [asset for asset in study.region.kinds if isinstance(asset, Corridor)]
    affected = [asset for asset in corridors if asset.late_due or asset.closed_from]
    if not affected:
        return {}, None
    needs = {asset.id: asset.series for asset in affected if isinstance(asset, Kind)}
    calm_assets = [asset.model_copy(update=dict.fromkeys(EVENT_FIELDS, ())) for asset in affected if isinstance(asset, Kind)]
    made = make_series(calm_assets, study.clock, plan).as_mapping()
    calm = {key: values for key, values in made.items() if needs[key[0]][key[1]].resource in EVENTS}
    first_day = study.clock.water.stamps[0].astype("datetime64[D]")
    days = []
    for corridor in affected:
        for due in corridor.late_due:
            day = int((np.datetime64(due) - first_day).astype(int))
            if not corridor.lead_time_days <= day < study.clock.water.count:
                raise StretchError(
                    f"the train of '{corridor.id}' due on {due} must leave and be due within the days from {first_day}; "
                    f"its lead time is {corridor.lead_time_days} days: begin earlier, or give more days"
                )
            days.append(day)
        days += [max(0, int((np.datetime64(day) - first_day).astype(int))) for day in corridor.closed_from]
    if min(days) >= study.clock.water.count:
        raise StretchError(f"nothing happens within {study.clock.water.count} days from {first_day}")
    return calm, min(days)


def _heat_of(yard: str, assets: tuple[Kind, ...], sheets: Books) -> float | None:
    """Heat of the coal that is burnt from a yard: of the first that takes from it and says what it takes it for."""
    by_id = {asset.id: asset for asset in assets}
    for line in sheets.balances[yard].lines:
        for name in ("coal_heat_tce_per_t", "heat_tce_per_t"):
            heat = getattr(by_id.get(line.owner), name, None)
            if heat is not None and line.owner != yard:
                return float(heat)
    return None


def _taken_t(sheets: Books, yard: str, clock: Clock) -> float:
    """Coal that others took from a yard over all days."""
    taken = (np.minimum(line.values, 0.0) @ clock.water.hours for line in sheets.balances[yard].lines if line.owner != yard)
    return -float(sum(taken))


def _pair(in_time: Any, late: Any) -> dict[str, Any]:
    """Two figures, or two series rounded for reading."""
    if isinstance(in_time, np.ndarray):
        return {"in_time": np.round(in_time, 6).tolist(), "late": np.round(late, 6).tolist()}
    return {"in_time": in_time, "late": late}
