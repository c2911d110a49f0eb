"""What foresight is worth to a region run by rule: some traces once more, by rule and by the program that sees all years."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from yuqian.assets.region import Region
from yuqian.models.clock import Clock, Timeline
from yuqian.optimise.long_simulation import LongRun
from yuqian.optimise.operating_rules import Rules
from yuqian.optimise.simulate import Calendar
from yuqian.optimise.solve import SolverOptions
from yuqian.reports.bracket import PERFECT, RULES, ByRule, Tell
from yuqian.reports.guarantee import Failure, Formula, Guarantee
from yuqian.reports.long import LongStudy, Supply
from yuqian.reports.long_tables import served
from yuqian.timeseries.long_series import LongPlan


class ForesightError(ValueError):
    """A run that the program over all years has no counterpart of; the message says why."""


@dataclass(frozen=True)
class Foresight:
    """The same traces by rule and with perfect foresight, by ten-day period.

    Attributes:
        columns: guarantee rates by class, of the rules and of perfect foresight, in this order.
        traces: how many.
    """

    columns: Mapping[str, tuple[Guarantee, ...]]
    traces: int


def foresight_of(
    region: Region, run: LongRun, traces: int, rules_on: Callable[[Timeline], Rules] | None = None,
    formula: Formula = Formula.WEIBULL, failure: Failure = Failure.SHORT, options: SolverOptions | None = None,
    tell: Tell | None = None,
) -> Foresight:  # fmt: skip
    """Run the first traces of a run both ways, and count both alike; one program over all years for each trace.

    Args:
        rules_on: the rules on the steps of a timeline; the standard rule when None.

    Raises:
        ForesightError: for a run with drought years laid over it, with fewer traces, or without a whole year.
        NoAnswer: when a program ends without an answer.
    """
    if run.drought is not None:
        raise ForesightError("foresight is measured on traces as they come; leave out the drought years")
    if not 1 <= traces <= run.traces:
        raise ForesightError(f"foresight is measured on the first traces of a run: found {traces}; allowed: 1 to {run.traces}")
    ways: dict[str, list[Supply]] = {RULES: [], PERFECT: []}
    for number in range(run.first, run.first + traces):
        study = LongStudy.of(region, LongPlan(run.years, number, run.seed))
        by_rule = ByRule.of(study, None if rules_on is None else rules_on(study.clock.water))
        perfect = by_rule.study.run(options).supply
        ways[PERFECT].append(_whole_years(perfect, study.clock, run.year_start))
        ways[RULES].append(_whole_years(by_rule.supply(perfect), study.clock, run.year_start))
        if tell is not None:
            tell(number - run.first + 1, traces)
    return Foresight({name: served(*supplies, formula=formula, failure=failure) for name, supplies in ways.items()}, traces)


def _whole_years(supply: Supply, clock: Clock, year_start: str) -> Supply:
    """The counting years that are complete."""
    calendar = Calendar.of(clock, year_start=year_start)
    if not calendar.whole_years.any():
        raise ForesightError("the series holds no whole year; begin it with the year, or make it longer")
    return supply.part(calendar.whole_years[calendar.years], calendar.years)
