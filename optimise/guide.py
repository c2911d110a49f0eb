"""The guide of a rolling horizon: what the year as a whole says about where its windows should end.

The optimum of the year, with perfect foresight, gives every stock a path, and its duals give what one more unit would be worth
at every instant. A unit at an instant is worth what the rules of later steps make of it: the sum, over their rows, of dual
times coefficient. What is left of a quota is worth the dual of its limit.

About the path the value bends: below it a unit is worth more than its price, above it less. The path is where all that the
year needs can still be met; a price says what the next unit saves, and nothing of what is short when many are missing: water
that a window sold for power at its price is missed by fields soon after, at ten times that. So the bend is steep, and the
closer the end of the year, the less of a deviation passes for small.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np

from yuqian.models.carry_law import Carried
from yuqian.models.clock import Clock, Floats, Rhythm
from yuqian.optimise.assemble import Assembly
from yuqian.optimise.program import Program
from yuqian.optimise.seams import Numbers, Seams, cleaned
from yuqian.optimise.solve import Solution
from yuqian.optimise.time_split import SplitBound, steps_of

NEAR_SPAN_FRACTION = 0.01
"""What counts as close to the path, as a share of the span: so much at the beginning, nothing at the end, when there is no time
left to make it up."""
BEND_NEAR_FRACTION, BEND_FAR_FRACTION = 0.1, 1.0
"""How far the value of a unit leaves its price, as a share of its highest price of the year: close to the path, and beyond."""
HELD_FACTOR = 20.0
"""What a unit below a target that is to be held costs, in highest prices of the year."""
LEAST_SHARE = 1e-6
"""A whole stock is worth at least this share of the year's cost, so that worthless ones are not wasted either."""


class GuideError(ValueError):
    """A solution that cannot guide; the message says why."""


class Guidance(enum.Enum):
    """What guides the windows of a study, and bounds what they cost."""

    NONE = "none"
    """The linear program of the whole without starts."""
    COARSE = "coarse"
    """The linear program of the windows' own rules, in steps of a few hours; the bound is that of the hourly one, by parts."""
    JOINED = "joined"
    """The linear program of the windows' own rules over the whole, by the hour, joined of its parts."""
    RELAXED = "relaxed"
    """The same solved in one piece, also where limits by step are stated for hours."""


class Terminal(enum.Enum):
    """What a window wants of the stocks that it leaves behind; the end of the year is always held."""

    VALUE = "value"
    """As much as they are worth, by the prices of the year, about the path of the year."""
    PATH = "path"
    """At least what the path of the year has there."""
    NOTHING = "nothing"
    """Nothing: to see what that costs."""


@dataclass(frozen=True)
class Track:
    """Path and prices of one stock or quota, or of what comes round.

    What is carried over several steps of the past, such as the water that is still under way, has a price for each of them:
    row ``k`` of ``price`` is of the step ``lags - k`` before an instant.

    Attributes:
        path: from the first step of the past to the end, shape (lags + steps,), in its unit; of a stock, at every instant, the
            opening first.
        price: what one more unit would save at every instant, shape (lags, steps + 1), yuan per unit.
        span: the most that it can hold.
        closing: what it must end with, shape (lags,).
        is_quota: whether it is what is left of a quota.
        comes_round: whether the horizon must end with it as it began.
    """

    path: Floats
    price: Floats
    span: float
    closing: Floats
    is_quota: bool = False
    comes_round: bool = False

    @property
    def lags(self) -> int:
        """Steps of the past that it is carried over."""
        return len(self.price)

    @property
    def highest_price(self) -> float:
        return float(np.abs(self.price).max())

    def at(self, instant: int) -> Floats:
        """What is carried over an instant, shape (lags,)."""
        return self.path[instant : instant + self.lags]


@dataclass(frozen=True)
class Guide:
    """Where the year goes.

    Attributes:
        cost_yuan: of the year with perfect foresight; no rolling answer costs less if the year was solved with looser rules.
        tracks: by ``Carried.key``.
        openings: quotas, and what the optimum of the year chose to open with, by (asset, Param).
        linear_yuan: bound of the linear program alone, where cuts have raised that of whole units; None where they have not.
    """

    clock: Clock
    cost_yuan: float
    tracks: Mapping[str, Track]
    openings: Mapping[tuple[str, str], Floats]
    linear_yuan: float | None = None

    def ends(self, key: str, day_end: int, terminal: Terminal, opened: Floats | None = None) -> Numbers:
        """Numbers for the value of an end, by (key, Param): after ``day_end`` water steps of the year.

        Args:
            opened: what the windows began with, which is what a quantity that comes round must end with.
        """
        track = self.tracks[key]
        per_day = (track.price.shape[1] - 1) // self.clock.water.count
        at = day_end * per_day
        least = LEAST_SHARE * abs(self.cost_yuan) / track.span if track.span else 0.0
        highest = max(track.highest_price, least)
        price, target = track.price[:, at], track.at(at)
        nothing, held = np.zeros(track.lags), np.full(track.lags, HELD_FACTOR * highest)
        slopes = dict.fromkeys(("loss_near", "loss_far", "gain_near", "gain_far"), nothing)
        if day_end == self.clock.water.count:
            target = track.closing
            if track.comes_round:
                target = track.closing if opened is None else opened
                slopes |= {"gain_near": -held, "gain_far": -held}
            if not track.is_quota:
                slopes |= {"loss_near": held, "loss_far": held}
        elif terminal is Terminal.PATH:
            slopes |= {"loss_near": held, "loss_far": held}
        elif terminal is Terminal.VALUE:
            near, far = BEND_NEAR_FRACTION * highest, BEND_FAR_FRACTION * highest
            floor = np.minimum(price, 0.0)
            slopes |= {"loss_near": price + near, "loss_far": price + far}
            slopes |= {"gain_near": np.maximum(price - near, floor), "gain_far": np.maximum(price - far, floor)}
        left = 1.0 - day_end / self.clock.water.count
        numbers = {"target": target, "width": np.full(track.lags, NEAR_SPAN_FRACTION * left * track.span), **slopes}
        return {(key, name): values for name, values in numbers.items()}

    def missing_yuan(self, key: str, missing: float, step: int = -1) -> float:
        """What it is worth that something ended with less than it should, at the duals of the guide; nought without any.

        The cost of the whole is convex in what it must end with, so no answer costs less than the guide and this together.

        Args:
            step: of what is carried over several, counted back from the end.
        """
        return float(self.tracks[key].price[step, -1] * missing) if key in self.tracks else 0.0


def guide(assembly: Assembly, program: Program, solution: Solution) -> Guide:
    """Read the guide out of the optimum of a whole horizon.

    Raises:
        GuideError: for a solution without duals.
    """
    if solution.x is None or solution.row_dual is None or solution.column_dual is None:
        raise GuideError(f"a solve that ended as '{solution.outcome.value}' without duals can guide nothing")
    x = cleaned(program, solution.x)
    seams, tracks, openings = Seams(assembly), {}, {}
    duals = program.row_duals(solution.row_dual, solution.column_dual, solution.x)
    for one in seams.carried:
        values = _opening(one, seams, program, x)
        if values is not None:
            openings.update({(one.owner, param): values for param in one.params})
        if one.is_valued:
            tracks[one.key] = _track(one, seams, program, x, solution.row_dual, duals)
    return Guide(assembly.clock, solution.objective_yuan, tracks, openings)


def repriced(found: Guide, assembly: Assembly, program: Program, bound: SplitBound) -> Guide:
    """The same paths, with prices and cost of a program in finer steps as its bound has them."""
    seams, tracks = Seams(assembly), dict(found.tracks)
    duals = program.row_duals(bound.row_dual, bound.column_dual, bound.x)
    for one in seams.carried:
        if not one.is_valued or one.quota_row is not None:
            continue
        track = tracks[one.key]
        prices = _prices(one, seams, program, bound.row_dual, duals)
        if prices.shape[0] == track.lags:
            ratio = (prices.shape[1] - 1) // (track.price.shape[1] - 1)
            tracks[one.key] = replace(track, price=prices[:, ::ratio])
    linear_yuan = bound.linear_yuan if bound.linear_yuan < bound.yuan else None
    return Guide(assembly.clock, bound.yuan, tracks, found.openings, linear_yuan)


def _opening(one: Carried, seams: Seams, program: Program, x: Floats) -> Floats | None:
    """What the whole opens with: of a quota all of it, of what nobody gave the choice of the optimum, else None."""
    if one.quota_row is not None:
        return np.array(one.opening)
    chosen = one.opening is None and (one.comes_round or not one.is_free)
    return seams.values(one, program, x, np.asarray(one.over)) if chosen else None


def _track(
    one: Carried, seams: Seams, program: Program, x: Floats, row_dual: Floats, duals: Mapping[tuple[str, str], Floats]
) -> Track:
    path = seams.path(one, program, x)
    if one.quota_row is not None:
        assert one.span is not None
        price = np.full((1, len(path)), -float(duals[one.owner, one.quota_row][0]))
        return Track(path, price, one.span, np.zeros(1), is_quota=True)
    closing = path[: len(one.over)]
    if one.closing is not None:
        closing = np.array([one.closing])
    elif one.opening is not None:
        closing = np.array(one.opening)
    span = float(np.abs(path).max()) if one.span is None else one.span
    return Track(path, _prices(one, seams, program, row_dual, duals), span, closing, comes_round=one.comes_round)


def _prices(one: Carried, seams: Seams, program: Program, row_dual: Floats, duals: Mapping[tuple[str, str], Floats]) -> Floats:
    """Worth of one more unit at each instant, by the rows of later steps; see the module."""
    clock = seams.assembly.clock
    count = clock.timeline(one.rhythm).count
    instants = np.arange(count + 1)
    ends = instants * (1 if one.rhythm is Rhythm.POWER else clock.power_per_water)
    quotas = {(other.owner, other.quota_row) for other in seams.carried if other.quota_row is not None}
    begins = _beginnings(program, clock, quotas)
    prices = []
    for step in one.over:
        columns, coefficient = seams.column_of(one, program, instants + step)
        part = program.matrix[:, columns].tocoo()
        later = begins[part.row] >= ends[part.col]
        price = np.zeros(count + 1)
        np.add.at(price, part.col[later], (row_dual[part.row] * part.data)[later])
        for rows in program.bound_rows:
            if not rows.family.indexed:
                hit = columns == rows.columns[0]
                price[hit] += rows.coefficient * float(duals[rows.family.owner, rows.family.name][0])
        prices.append(price / coefficient)
    return np.array(prices)


def _beginnings(program: Program, clock: Clock, quotas: Collection[tuple[str, str | None]]) -> Floats:
    """First power step of the step that each row belongs to; rows without a step come after all.

    Those of quotas come before all: what a step has used of one is gone, and what is left is carried by itself.
    """
    begins = steps_of(program.layout.rows, program.row_count, clock)
    for family in program.layout.rows:
        if (family.owner, family.name) in quotas:
            begins[family.start : family.stop] = -np.inf
    return begins
