"""Firm power: the largest export at a wanted reliability, and what assets are worth in firm megawatts.

The same members, with the same weather and the same outages, serve on both sides of every comparison (common random numbers),
so what is left of chance in a difference is small. Intervals are first-order: the error of the difference at the answer,
between weather years, over the slope there.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from yuqian.models.clock import Floats
from yuqian.optimise.adequacy_case import Ints, Members
from yuqian.optimise.adequacy_indices import Estimate, quantile
from yuqian.optimise.storage_dispatch import SHORT_MW, least_mw, ruled_mw, windows_of

TOLERANCE_MW = 0.1
SLOPE_MW = 10.0
"""How far to either side a slope is taken."""


FIRST_STRIDE_MW = 4.0
"""First step down from the answer of one aggregate store."""


class Risk(enum.Enum):
    """What is held equal, or to a limit: energy or hours."""

    EENS = "eens"
    LOLE = "lole"

    def of(self, members: Members, export_mw: float) -> Floats:
        """Of each member, MWh or hours, by the rule of the stores."""
        return self._counted(ruled_mw(members, export_mw), members)

    def of_aggregate(self, members: Members, export_mw: float) -> Floats:
        """The same with one aggregate store, which is quicker: no more energy than by the rule, and nearly the hours."""
        return self._counted(least_mw(members, export_mw), members)

    def _counted(self, unserved: Floats, members: Members) -> Floats:
        if self is Risk.EENS:
            energy: Floats = unserved.sum(axis=1) * members.step_h
            return energy
        hours: Floats = (unserved > SHORT_MW).sum(axis=1) * members.step_h
        return hours


@dataclass
class _Scale:
    """Risk of the same members at one export after another, for exports no larger than the last one it was narrowed to.

    What happens in a window is independent of the rest, so the windows at the largest export that is still in question are
    all that needs to be looked at: they are served side by side, each as a member of its own.

    Attributes:
        members: whole, or the windows.
        member: which member each row belongs to.
        count: of members.
    """

    members: Members
    risk: Risk
    member: Ints
    count: int

    @classmethod
    def of(cls, members: Members, risk: Risk) -> _Scale:
        return cls(members, risk, np.arange(members.count), members.count)

    def at(self, export_mw: float) -> Floats:
        """Of each member."""
        risk = self.risk.of(self.members, export_mw)
        return np.bincount(self.member, weights=risk, minlength=self.count).astype(float)

    def mean(self, export_mw: float) -> float:
        return float(self.at(export_mw).mean())

    def narrow(self, export_mw: float) -> None:
        """Keep what can be short at no more than this export, if that is little enough to be worth it."""
        windows = windows_of(self.members, export_mw)
        length = max((window.last - window.first + 1 for window in windows), default=1)
        if 2 * len(windows) * length > self.members.margin_mw.size and 2 * length > self.members.margin_mw.shape[1]:
            return
        rows = np.array([window.member for window in windows], dtype=np.int64)
        first = np.array([window.first for window in windows], dtype=np.int64)
        last = np.array([window.last for window in windows], dtype=np.int64)
        steps = first[:, None] + np.arange(length)
        inside, shape = steps <= last[:, None], self.members.margin_mw.shape
        at = (rows[:, None], np.minimum(steps, shape[1] - 1))
        stores = tuple(
            store if store.up.shape == (1, 1) else replace(store, up=np.broadcast_to(store.up, shape)[at])
            for store in self.members.stores
        )
        margin = np.where(inside, self.members.margin_mw[at], np.inf)
        self.members = replace(
            self.members, year=self.members.year[rows], margin_mw=margin, supply_mw={}, stores=stores
        )  # fmt: skip
        self.member = self.member[rows]


class Measure(enum.Enum):
    """How a credit is measured.

    FIRM: perfect power that replaces the assets. LOAD: firm load that they can carry on top of what is served without them.
    """

    FIRM = "firm"
    LOAD = "load"


@dataclass(frozen=True)
class Firm:
    """An amount of firm power.

    Attributes:
        mw: None where there is none, for the reason given.
        low, high: 95 % interval; NaN where it cannot be told.
        note: why there is none, or what to mind.
    """

    mw: float | None
    low: float = float("nan")
    high: float = float("nan")
    note: str = ""


@dataclass(frozen=True)
class Credit:
    """What some assets are worth together.

    Attributes:
        label: name of the class or the asset.
        labels: of what is taken away.
        rated_mw: what they bring when all is well: the most their supply reaches, and the power of their stores.
    """

    label: str
    labels: tuple[str, ...]
    rated_mw: float
    credit: Firm

    @property
    def fraction(self) -> float | None:
        """Of what they bring when all is well."""
        return None if self.credit.mw is None or self.rated_mw <= 0.0 else self.credit.mw / self.rated_mw


def largest_export(members: Members, lole_max_h: float, tolerance_mw: float = TOLERANCE_MW) -> Firm:
    """The largest firm export with a LOLE of no more than ``lole_max_h``, by the rule of the stores.

    Without stores it would be a quantile of the margins, with all their power at hand in every hour another: the answer lies
    between, and LOLE rises with the export.
    """
    allowed = int(np.floor(lole_max_h * members.count / members.step_h + 1e-9))
    low = _quantile(members.margin_mw, allowed)
    power = np.zeros(1)
    for store in members.stores:
        power = power + store.power_mw * store.up
    high = _quantile(members.margin_mw + power, allowed) if members.stores else low
    scale = _Scale.of(members, Risk.LOLE)
    found = low
    if high > low:
        found = _bisected(scale, low, high + tolerance_mw, tolerance_mw, lole_max_h)
    reach = _reach(scale, found, scale.at(found) - lole_max_h, members)
    if found < 0.0:
        return Firm(None, note=f"not even the load is served within {lole_max_h:g} h; it is {-found:.0f} MW too much")
    return Firm(found, max(found - reach, 0.0), found + reach)


def credit(
    members: Members, label: str, labels: Sequence[str], export_mw: float = 0.0, risk: Risk = Risk.EENS,
    measure: Measure = Measure.FIRM,
) -> Credit:  # fmt: skip
    """The capacity credit of some assets together.

    Args:
        export_mw: firm export at which it is measured.
        risk: what is held equal.
    """
    without, rated = members.without(labels), _rated(members, labels)
    base, alone = risk.of(members, export_mw), risk.of(without, export_mw)
    if not np.any(alone > 0.0):
        note = "nothing is short even without them; a credit needs a risk: assess a larger export"
        return Credit(label, tuple(labels), rated, Firm(None, note=note))
    firm = measure is Measure.FIRM
    scale = _Scale.of(without if firm else members, risk)
    wanted = float((base if firm else alone).mean())
    slack = 1e-9 * max(wanted, 1e-6)
    # Firm power takes from the export that the others serve; firm load adds to it.
    low, high = (export_mw - rated, export_mw) if firm else (export_mw, export_mw + rated)
    export = _bisected(scale, low, high, TOLERANCE_MW, wanted + slack)
    difference = scale.at(export) - (base if firm else alone)
    reach = _reach(scale, export, difference, members)
    found = export_mw - export if firm else export - export_mw
    note = "" if np.any(base > 0.0) else "nothing is short with them: the firm power that brings the risk to nought"
    return Credit(label, tuple(labels), rated, Firm(found, max(found - reach, 0.0), found + reach, note))


def _rated(members: Members, labels: Sequence[str]) -> float:
    """The most that the assets bring in any hour together, their stores at full power."""
    supply: Floats = np.zeros(1)
    for each in labels:
        if each in members.supply_mw:
            supply = supply + members.supply_mw[each]
    for store in members.stores:
        if store.label in labels:
            supply = supply + store.power_mw * store.up
    return float(np.max(supply))


def _bisected(scale: _Scale, low: float, high: float, tolerance_mw: float, most: float) -> float:
    """The largest export from ``low`` to ``high`` with a mean risk of no more than ``most``; ``low`` has no more.

    Where one aggregate store stops is above, or nearly above, where the rule does, and not far: that is found first, because it
    is quick and leaves little to look at; from there the search goes down in growing strides.
    """
    members, risk = scale.members, scale.risk
    top = _last(lambda export: float(risk.of_aggregate(members, export).mean()) <= most, low, high, tolerance_mw)
    top = min(top + tolerance_mw, high)
    whole = _Scale.of(members, risk)
    scale.narrow(top + SLOPE_MW + tolerance_mw)
    if scale.mean(top) > most:
        stride = FIRST_STRIDE_MW
        while (below := max(top - stride, low)) > low and scale.mean(below) > most:
            top, stride = below, 4.0 * stride
        return _between(lambda export: scale.mean(export) <= most, below, top, tolerance_mw)
    if top == high:
        return high
    scale.members, scale.member = whole.members, whole.member
    return _last(lambda export: scale.mean(export) <= most, top, high, tolerance_mw)


def _last(holds: Callable[[float], bool], low: float, high: float, tolerance_mw: float) -> float:
    """The most from ``low``, where something holds, to ``high`` at which it still does."""
    return high if holds(high) else _between(holds, low, high, tolerance_mw)


def _between(holds: Callable[[float], bool], low: float, high: float, tolerance_mw: float) -> float:
    """The same where it does not hold at ``high``."""
    while high - low > tolerance_mw / 2:
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low


def _reach(scale: _Scale, export_mw: float, difference: Floats, members: Members) -> float:
    """Half-width of the interval of a root: the error of the difference there, over its slope."""
    error = Estimate.between_years(difference, members.year).standard_error
    slope = (scale.mean(export_mw + SLOPE_MW) - scale.mean(export_mw - SLOPE_MW)) / (2 * SLOPE_MW)
    years = len(np.unique(members.year))
    return error * quantile(years) / slope if slope > 0.0 else float("nan")


def _quantile(margin_mw: Floats, allowed: int) -> float:
    """The most that can be taken off every margin with no more than ``allowed`` of them short."""
    flat = margin_mw.ravel()
    if allowed >= len(flat):
        return float(flat.max())
    return float(np.partition(flat, allowed)[allowed])
