"""Learns what stored water is worth, month by month, from scenarios (dual dynamic programming over a repeating year).

One round goes through some years month by month, as a rolling horizon would, and notes the states that it comes by. Then it
goes backward from December to January: from states on the way between the emptiest and the fullest, a month is solved in every
scenario, the values of the next month at its end, and the mean of the slopes over scenarios is what one more hm3 is worth at
the month's beginning. December ends with January's values of the round before; so round after round the future reaches a year
further. What happens in a month is known when it begins, and independent of the months before (flow, demands and evaporation of
one year stay together). So water is worth the shortages of dry years that it saves in the mean, which a mean forecast never
sees. Slopes are those of the expected cost in the manner of M. V. F. Pereira and L. M. V. G. Pinto, "Multi-stage stochastic
optimization applied to energy planning", Mathematical Programming 52, 1991. Their cuts bound the cost of all stores together
from below, but take very many states before they tell two dozen stores apart; here each store's slopes, over its own storage,
are made one function that never rises. They are taken where all stores are filled to the same share of their ranges, for a
drought empties them together: were the others half full, the last water of an empty one would seem worth little. The states lie
closer together where stores are low, since there the value falls steeply. It is no bound.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from yuqian.models.clock import Floats
from yuqian.optimise.end_values import MONTHS, ValueFunctions, never_rising
from yuqian.optimise.stage import Stage
from yuqian.optimise.state import Place

Tell = Callable[[int, int], None]


@dataclass(frozen=True)
class LearningPlan:
    """How values are learnt.

    Attributes:
        rounds: years that the future reaches in the end.
        visited: states of the last forward pass that slopes are taken at, in each month.
        spread: further ones, all stores filled alike, from the emptiest to the fullest.
        points: of each function.
    """

    rounds: int = 4
    visited: int = 8
    spread: int = 16
    points: int = 8


def learn(
    stages: Sequence[Stage], opening: Floats, plan: LearningPlan | None = None, tell: Tell | None = None
) -> ValueFunctions:
    """Learn the values of water at the beginning of each month of a repeating year.

    Args:
        stages: the months in order; their scenarios are years, the same in each.
        opening: state that the first year begins with, shape (places,).
        tell: called with the rounds that are done, and of all.

    Raises:
        SolverError: for a window without an optimum.
    """
    plan, places = plan or LearningPlan(), stages[0].places
    greedy = _forward(stages, opening)
    visited, values = greedy, None
    for number in range(plan.rounds):
        reached = np.concatenate((visited, greedy), axis=1)
        states = [
            np.concatenate((_even(visited[k], places, plan.visited), _spread(reached[k], places, plan.spread)))
            for k in range(len(stages))
        ]
        values = _backward(stages, states, values, plan)
        if number < plan.rounds - 1:
            visited = _forward(stages, opening)
        if tell is not None:
            tell(number + 1, plan.rounds)
    assert values is not None
    return values


def _forward(stages: Sequence[Stage], opening: Floats) -> Floats:
    """States at the beginning of each month, year after year, shape (months, years, places)."""
    years, state = stages[0].scenarios, opening
    visited = np.zeros((len(stages), years, len(opening)))
    for year in range(years):
        for number, stage in enumerate(stages):
            visited[number, year] = state
            state = stage.solve(year, state).state
    return visited


def _backward(
    stages: Sequence[Stage], states: Sequence[Floats], after: ValueFunctions | None, plan: LearningPlan
) -> ValueFunctions:
    """Values of all months from those of the next January."""
    places = stages[0].places
    stocks = [number for number, place in enumerate(places) if place.is_stored_water]
    shape = (MONTHS, plan.points)
    storage, slope = ({places[number].key: np.zeros(shape) for number in stocks} for _ in range(2))
    for month in range(MONTHS - 1, -1, -1):
        found = after if month == MONTHS - 1 else ValueFunctions(storage, slope)
        stages[month].arm(found, (month + 1) % MONTHS)
        worth = np.array([-stages[month].mean_slope(state) for state in states[month]])
        for number in stocks:
            key = places[number].key
            storage[key][month], slope[key][month] = _fitted(states[month][:, number], worth[:, number], plan.points)
    return ValueFunctions(storage, slope)


def _fitted(storage_hm3: Floats, worth: Floats, points: int) -> tuple[Floats, Floats]:
    """A function that never rises through samples: points from the lowest to the highest, and the worth at each."""
    order = np.argsort(storage_hm3, kind="stable")
    held, falling = storage_hm3[order], never_rising(worth[order])
    at = held[0] + (held[-1] - held[0]) * _toward_dry(points)
    return at, never_rising(np.interp(at, held, falling))


def _even(states: Floats, places: Sequence[Place], count: int) -> Floats:
    """Some of the states, even in rank of the water that they hold."""
    volume = np.array([float(place.is_stored_water) for place in places])
    order = np.argsort(states @ volume, kind="stable")
    chosen: Floats = states[order[np.linspace(0, len(order) - 1, min(count, len(order))).round().astype(int)]]
    return chosen


def _spread(reached: Floats, places: Sequence[Place], count: int) -> Floats:
    """States in which every store is filled to the same share of the way between its emptiest and its fullest.

    All numbers of one asset lie on the way between two states that were reached, so that they fit one another; assets without a
    store are as they were in the state of the same rank of water held.
    """
    shares, states = _toward_dry(count), np.zeros((count, len(places)))
    like = _even(reached, places, count)
    for owner in sorted({place.one.owner for place in places}):
        own = [number for number, place in enumerate(places) if place.one.owner == owner]
        stored = [number for number in own if places[number].is_stored_water]
        if not stored:
            states[:, own] = like[np.linspace(0, len(like) - 1, count).round().astype(int)][:, own]
            continue
        held = reached[:, stored].sum(axis=1)
        low, high = reached[int(np.argmin(held)), own], reached[int(np.argmax(held)), own]
        states[:, own] = low + shares[:, None] * (high - low)
    return states


def _toward_dry(count: int) -> Floats:
    """Shares of a range from none to all, closer together where a store is low and its value falls steeply."""
    shares: Floats = np.linspace(0.0, 1.0, count) ** 2
    return shares
