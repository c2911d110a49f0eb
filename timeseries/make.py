"""Makes the series that assets ask for."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import version

import numpy as np

from yuqian.models.clock import Clock, Floats, Rhythm, Timeline
from yuqian.models.units import HOURS_PER_DAY
from yuqian.timeseries.days import Days
from yuqian.timeseries.given import Given
from yuqian.timeseries.measured import Measured
from yuqian.timeseries.measured_weather import measured_weather
from yuqian.timeseries.resource import Context, Needy, ResourceError
from yuqian.timeseries.resources import resource
from yuqian.timeseries.series import Series, series_of
from yuqian.timeseries.weather import Weather, WeatherPlan


def make_series(
    assets: Iterable[Needy],
    clock: Clock,
    plan: WeatherPlan | None = None,
    measured: Measured | None = None,
    given: Given | None = None,
) -> Series:
    """All series that ``assets`` ask for, over ``clock``.

    Weather is made for whole years, so a week has the same series alone as within its year.

    Args:
        assets: in any order; the outcome does not depend on it, nor on which others there are.
        clock: whole days from midnight.
        plan: which weather; the reference year when None. Several years give series with a dimension ``member``.
        measured: a real or typical year that stands in for the generated weather.
        given: series that stand in for made ones; they are taken as they are, on ``clock``.

    Raises:
        ResourceError: for a resource that is not there, an asset that lacks what it asks for, or a wrong rhythm.
    """
    plan, given = plan or WeatherPlan(), given or Given()
    days = Days.of_clock(clock)
    weather = Weather.of(days, plan) if measured is None else measured_weather(measured, days, plan)
    context = Context(weather)
    values: dict[tuple[str, str], Floats] = {}
    rhythms: dict[str, Rhythm] = {}
    sources: dict[str, set[str]] = {}
    for asset in sorted(assets, key=lambda asset: asset.id):
        for name, need in asset.series.items():
            if (asset.id, name) in given.values:
                values[asset.id, name] = _in_each(given.values[asset.id, name], plan.years)
                rhythms[name] = need.rhythm
                sources.setdefault(name, set()).add("given")
                continue
            maker = resource(need.resource)
            if maker.rhythm is not need.rhythm or rhythms.setdefault(name, need.rhythm) is not need.rhythm:
                raise ResourceError(f"'{asset.id}' wants '{name}' by {need.rhythm.value}, '{need.resource}' makes it otherwise")
            values[asset.id, name] = _on_clock(maker.make(asset, context), days, clock, need.rhythm, plan.years)
            sources.setdefault(name, set()).add(need.resource)
    stamps = {rhythm: clock.timeline(rhythm).stamps for rhythm in Rhythm}
    texts = {name: f"yuqian.timeseries: {', '.join(sorted(found))}" for name, found in sources.items()}
    members = tuple(range(plan.years)) if plan.years > 1 else None
    return series_of(values, rhythms, stamps, texts, _attrs(plan, measured, given), members)


def _in_each(values: Floats, years: int) -> Floats:
    """A given series in each weather year."""
    return values if years == 1 else np.tile(values, (years, 1))


def _attrs(plan: WeatherPlan, measured: Measured | None, given: Given) -> dict[str, object]:
    file = {} if measured is None else {f"weather_{key}": measured.dataset.attrs[key] for key in ("source", "sha256")}
    return {
        **file,
        "source": f"synthetic weather of yuqian {version('yuqian')}",
        "seed": plan.seed,
        "member": plan.member,
        "years": plan.years,
        "keep_means": int(plan.keep_means),
        "stress": ", ".join(overlay.name for overlay in plan.stress),
        "given": "; ".join(given.sources),
    }


def _on_clock(values: Floats, days: Days, clock: Clock, rhythm: Rhythm, years: int) -> Floats:
    """Cut a run to the clock and average it over the clock's steps; (steps,), or (years, steps) for several years."""
    of_days, of_hours = days.cut(clock)
    block = values.reshape(years, -1)
    if rhythm is Rhythm.POWER:
        out = _averaged(block[:, of_hours], clock.power, 1.0)
    else:
        out = _averaged(block[:, of_days], clock.water, float(HOURS_PER_DAY))
    return out if years > 1 else out[0]


def _averaged(values: Floats, timeline: Timeline, step_h: float) -> Floats:
    """Mean over each step of ``timeline`` of values that come every ``step_h`` hours, shape (..., timeline.count)."""
    if np.all(timeline.hours == step_h):
        return values
    lengths = timeline.hours / step_h
    if np.any(lengths != np.round(lengths)):
        raise ValueError(f"the steps of a clock must be whole multiples of {step_h:g} h")
    starts = np.concatenate(([0], np.cumsum(lengths)[:-1])).astype(np.int64)
    means: Floats = np.add.reduceat(values, starts, axis=-1) / lengths
    return means
