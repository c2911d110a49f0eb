"""Stores run through many member-years for the least unserved energy, without and with foresight.

**The rule.** When supply is short, the stores serve as much of it as they can; whatever is over recharges them. For one store
this is exact: a MWh served now is worth no less than one kept, and one kept can serve no more than itself. With several stores
it matters which one gives: those that could last longest give first, so that all come to the same time to go (Evans, Tindemans
and Angeli, "Minimizing unserved energy using heterogeneous storage units", IEEE Transactions on Power Systems 34, 2019, which
shows this to be exact while nothing is recharged). Recharging takes the most efficient first. The rule looks at no future.

**Bounds.** Between two instants at which all stores would be full even if every shortage had emptied them, what happens is
independent of the rest: a *window*. In each the rule is an upper bound of the least unserved energy; one store with all power
and all energy and the best efficiency is a lower bound. Only where they differ is there anything left to find, by the linear
program of the window (:mod:`yuqian.optimise.adequacy_program`).

Stores are full when a member begins.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from yuqian.models.clock import Floats
from yuqian.optimise.adequacy_case import Members, SampledStore
from yuqian.optimise.outages import Mask

SHORT_MW = 1e-6
"""What is less than this short is not short."""
FULL = 1e-9
"""How far from full, relative to its energy, a store counts as full."""


@dataclass(frozen=True)
class Window:
    """Steps of one member in which stores may be less than full: from ``first`` to ``last``, both included."""

    member: int
    first: int
    last: int


@dataclass(frozen=True)
class Served:
    """What the rule does.

    Attributes:
        unserved_mw: shape (members, steps).
        least_mw: lower bound by one aggregate store, in the same shape; its sum over a window bounds, its steps do not.
        windows: in order of member and time.
        step_h: length of a step.
    """

    unserved_mw: Floats
    least_mw: Floats
    windows: tuple[Window, ...]
    step_h: float

    def open_windows(self) -> Iterator[tuple[Window, float, float]]:
        """Windows in which the rule and the lower bound differ, with both, MWh."""
        for window in self.windows:
            steps = slice(window.first, window.last + 1)
            most = float(self.unserved_mw[window.member, steps].sum()) * self.step_h
            least = float(self.least_mw[window.member, steps].sum()) * self.step_h
            if most - least > 1e-9 * max(1.0, most):
                yield window, least, most


def ruled_mw(members: Members, export_mw: float = 0.0) -> Floats:
    """What the rule leaves unserved, MW, shape (members, steps), and nothing besides."""
    margin = np.ascontiguousarray((members.margin_mw - export_mw).T)
    if not members.stores:
        return np.maximum(-margin, 0.0).T
    return _run(margin, _Fleet(members.stores, *margin.shape), members.step_h).T


def least_mw(members: Members, export_mw: float = 0.0) -> Floats:
    """Lower bound by one aggregate store, MW, shape (members, steps): its sum over a member bounds, its steps do not."""
    margin = np.ascontiguousarray((members.margin_mw - export_mw).T)
    if not members.stores:
        return np.maximum(-margin, 0.0).T
    return _run(margin, _Fleet(members.stores, *margin.shape).aggregate(), members.step_h).T


def windows_of(members: Members, export_mw: float = 0.0) -> tuple[Window, ...]:
    """The windows of all members under an export; under a smaller one nothing is short outside them."""
    margin = np.ascontiguousarray((members.margin_mw - export_mw).T)
    return _windows(margin, _Fleet(members.stores, *margin.shape), members.step_h)


class _Fleet:
    """Stores as arrays, steps first: what they could give and take, MW, shape (steps, stores, members)."""

    def __init__(self, stores: Sequence[SampledStore], steps: int, members: int) -> None:
        def wide(values: Floats) -> Floats:
            return np.broadcast_to(values, (members, steps)).T

        ordered = sorted(stores, key=lambda store: (-store.efficiency_fraction, store.label, store.energy_mwh))
        shape = (steps, len(ordered), members)
        self.give, self.take = np.empty(shape), np.empty(shape)
        for k, store in enumerate(ordered):
            self.give[:, k] = wide(store.power_mw * store.up)
            self.take[:, k] = wide(store.charge_mw * store.up)
        self.energy = np.array([store.energy_mwh for store in ordered])[:, None]
        self.efficiency = np.array([store.efficiency_fraction for store in ordered])

    def aggregate(self) -> _Fleet:
        """One store that can do whatever these can together, and more."""
        one = object.__new__(_Fleet)
        one.give, one.take = self.give.sum(axis=1, keepdims=True), self.take.sum(axis=1, keepdims=True)
        one.energy = self.energy.sum(axis=0, keepdims=True)
        one.efficiency = self.efficiency.max(keepdims=True)
        return one


def serve(members: Members, export_mw: float = 0.0) -> Served:
    """Run the stores of every member by the rule.

    Args:
        export_mw: a firm load on top, in every hour.
    """
    margin = members.margin_mw - export_mw
    short = np.maximum(-margin, 0.0)
    if not members.stores or not np.any(short > SHORT_MW):
        return Served(short, short, (), members.step_h)
    fleet = _Fleet(members.stores, margin.shape[1], margin.shape[0])
    by_step = np.ascontiguousarray(margin.T)
    unserved = _run(by_step, fleet, members.step_h)
    alone = len(members.stores) == 1
    least = unserved if alone else _run(by_step, fleet.aggregate(), members.step_h)
    windows = () if alone else _windows(by_step, fleet, members.step_h)
    return Served(unserved.T, least.T, windows, members.step_h)


def _run(margin: Floats, fleet: _Fleet, step_h: float) -> Floats:
    """Unserved power by step and member, shape (steps, members)."""
    unserved = np.maximum(-margin, 0.0)
    if len(fleet.energy) == 1:
        given = _alone(margin, fleet, step_h, np.minimum(fleet.give[:, 0], unserved))[0]
        alone: Floats = np.maximum(unserved - given, 0.0)
        return alone
    energy = np.repeat(fleet.energy, margin.shape[1], axis=1)
    some_short = np.any(margin < -SHORT_MW, axis=1)
    all_full = True
    for t in range(len(margin)):
        if all_full and not some_short[t]:
            continue
        if some_short[t]:
            at = np.flatnonzero(margin[t] < -SHORT_MW)
            given = _give(energy[:, at], fleet.give[t][:, at] * step_h, -margin[t, at] * step_h)
            energy[:, at] -= given
            unserved[t, at] = np.maximum(unserved[t, at] - given.sum(axis=0) / step_h, 0.0)
            all_full = False
        if not all_full:
            _charge(energy, margin[t], fleet, t, step_h)
            all_full = bool(_full(energy, fleet).all())
    return unserved


def _alone(margin: Floats, fleet: _Fleet, step_h: float, asked_mw: Floats) -> tuple[Floats, Floats]:
    """What a single store gives of what it is asked for, MW, and what it holds at the end of each step, MWh."""
    full, gain = float(fleet.energy[0, 0]), float(fleet.efficiency[0])
    change = np.where(margin < 0.0, -asked_mw, gain * np.minimum(np.maximum(margin, 0.0), fleet.take[:, 0])) * step_h
    held = np.empty((len(margin) + 1, margin.shape[1]))
    held[0] = full
    for t in range(len(margin)):
        after = held[t + 1]
        np.add(held[t], change[t], out=after)
        np.minimum(after, full, out=after)
        np.maximum(after, 0.0, out=after)
    return np.where(margin < 0.0, (held[:-1] - held[1:]) / step_h, 0.0), held[1:]


def _give(energy: Floats, power: Floats, need: Floats) -> Floats:
    """What each store gives, MWh, shape (stores, members): to the same time to go, those that last longest first.

    Args:
        energy, power: what each holds and what it could give in the step, MWh.
        need: MWh, shape (members,).
    """
    most = np.minimum(energy, power)
    if len(energy) == 1:
        return np.minimum(most, need)
    enough = most.sum(axis=0) > need
    given = most.copy()
    if not enough.any():
        return given
    held, could, wanted = energy[:, enough], power[:, enough], need[enough]
    safe = np.where(could > 0.0, could, 1.0)
    time_to_go = np.where(could > 0.0, held / safe, 0.0)
    # What is given falls as the level rises, straight between these levels.
    levels = np.sort(np.concatenate((np.maximum(time_to_go - 1.0, 0.0), time_to_go, np.zeros((1, len(wanted))))), axis=0)
    at_level = np.clip(held - levels[:, None] * could, 0.0, could).sum(axis=1)
    below = np.maximum((at_level >= wanted).sum(axis=0) - 1, 0)
    above = np.minimum(below + 1, len(levels) - 1)
    column = np.arange(len(wanted))
    low, high = at_level[below, column], at_level[above, column]
    share = np.where(low > high, (low - wanted) / np.where(low > high, low - high, 1.0), 0.0)
    level = levels[below, column] + share * (levels[above, column] - levels[below, column])
    given[:, enough] = np.clip(held - level * could, 0.0, could)
    return given


def _charge(energy: Floats, margin: Floats, fleet: _Fleet, t: int, step_h: float) -> None:
    """Recharge with whatever is over, in place."""
    left = np.maximum(margin, 0.0) * step_h
    for k, efficiency in enumerate(fleet.efficiency):
        if efficiency <= 0.0:
            continue
        room = (fleet.energy[k] - energy[k]) / efficiency
        drawn = np.minimum(np.minimum(fleet.take[t, k] * step_h, room), left)
        energy[k] += drawn * efficiency
        left -= drawn


def _full(energy: Floats, fleet: _Fleet) -> Mask:
    """Members whose stores are all full."""
    full: Mask = np.all(energy >= fleet.energy * (1.0 - FULL), axis=0)
    return full


def _windows(margin: Floats, fleet: _Fleet, step_h: float) -> tuple[Window, ...]:
    """Runs of short steps between which the stores would be full again even if each of them had emptied them."""
    short: Mask = np.less(margin, -SHORT_MW)
    some_short: Mask = np.any(short, axis=1)
    energy = np.repeat(fleet.energy, margin.shape[1], axis=1)
    was_full: Mask = np.ones(margin.shape[1], dtype=np.bool_)
    begins = np.zeros_like(short)
    if len(fleet.energy) == 1:
        held = _alone(margin, fleet, step_h, np.where(short, fleet.energy[0, 0] / step_h, 0.0))[1]
        begins[0] = short[0]
        begins[1:] = short[1:] & (held[:-1] >= fleet.energy[0, 0] * (1.0 - FULL))
        return _runs_of(short, begins)
    all_full = True
    for t in range(len(margin)):
        if all_full and not some_short[t]:
            continue
        begins[t] = short[t] & was_full
        energy[:, short[t]] = 0.0
        _charge(energy, margin[t], fleet, t, step_h)
        was_full = _full(energy, fleet)
        all_full = bool(was_full.all())
    return _runs_of(short, begins)


def _runs_of(short: Mask, begins: Mask) -> tuple[Window, ...]:
    """Windows from the short steps and those that begin one, shape (steps, members)."""
    found: list[Window] = []
    for member in np.flatnonzero(short.any(axis=0)):
        steps = np.flatnonzero(short[:, member])
        starts = np.flatnonzero(begins[steps, member])
        runs = np.split(steps, starts[1:])
        found += [Window(int(member), int(run[0]), int(run[-1])) for run in runs]
    return tuple(found)
