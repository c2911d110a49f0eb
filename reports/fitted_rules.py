"""Rule curves of a region, fitted to its own optimum over many years and judged on traces held apart."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from yuqian.assets.region import Region
from yuqian.models.clock import Floats, Timeline
from yuqian.optimise.long_simulation import LongRun
from yuqian.optimise.operating_rules import Rules
from yuqian.optimise.rule_curves import Curves, by_dekad, improve, priced_shortage
from yuqian.optimise.simulate import Simulation, simulate
from yuqian.reports.long import LongResult
from yuqian.reports.usual_rules import usual_rules
from yuqian.timeseries.trace_series import TraceSeries

STANDARD, FITTED, IMPROVED = "standard rule", "curves of the optimum", "curves improved"


@dataclass(frozen=True)
class FittedRules:
    """Curves and how they fared.

    Attributes:
        scores: rule -> (on the traces learnt from, on those held apart), million yuan of priced shortage a year.
    """

    curves: Curves
    storages: dict[str, Floats]
    usual: Rules
    scores: dict[str, tuple[float, float]]

    def for_run(self, run: LongRun) -> Rules:
        """The rules on the steps of a run."""
        return self.on(run.calendar.timeline)

    def on(self, timeline: Timeline) -> Rules:
        """The rules on the steps of a timeline."""
        return self.curves.rules(self.storages, timeline, self.usual)

    @property
    def helps(self) -> bool:
        """Whether the improved curves beat the standard rule on the traces held apart."""
        return self.scores[IMPROVED][1] < self.scores[STANDARD][1]

    def lines(self) -> str:
        """In lines for people."""
        said = [
            f"{name}: {learnt:,.2f} million yuan a year on the traces learnt from, {apart:,.2f} on those held apart"
            for name, (learnt, apart) in self.scores.items()
        ]
        c = self.curves
        said.append(
            f"warning line at the {c.warning:.0%} quantile of the optimum's storage, guarantee line at "
            f"{min(c.warning, c.guarantee):.0%}; limits at {c.warning_strength:.2f} and {c.guarantee_strength:.2f} of the usual"
        )
        return "\n".join(said)


def storages_of(result: LongResult) -> dict[str, Floats]:
    """Storage of every reservoir in an answer over many years, by ten-day period, shape (years, 36)."""
    found = {}
    for variable in result.results.groups["results"].data_vars.values():
        if str(variable.attrs["name"]) != "storage_hm3":
            continue
        for owner in variable[variable.dims[0]].values:
            values = np.asarray(variable.sel({variable.dims[0]: owner}).values, dtype=float)
            found[str(owner)] = by_dekad(values[1:], result.study.clock.water)
    return found


class Trial:
    """A network over fixed series, run under one rule after the other."""

    def __init__(self, region: Region, run: LongRun) -> None:
        self.region, self.run = region, run
        self.series = TraceSeries(region.kinds, run.plan(), run.by_day, run.drought).series()

    def simulation(self, rules: Rules) -> Simulation:
        return simulate(self.region.kinds, self.series, self.run.calendar, rules, keep=self.run.keep)

    def score(self, rules: Rules) -> float:
        return priced_shortage(self.simulation(rules))


def fit_rules(
    region: Region, storages: dict[str, Floats], run: LongRun, apart: int, usual: Rules | None = None, seed: int = 1,
    rounds: int = 4,
) -> FittedRules:  # fmt: skip
    """Fit curves to an optimum's storages and improve them on the traces of ``run``; judge on ``apart`` traces after those."""
    usual = usual or usual_rules(region)
    learn, judge = Trial(region, run), Trial(region, replace(run, first=run.first + run.traces, traces=apart))
    timeline = run.calendar.timeline

    def rules(curves: Curves) -> Rules:
        return curves.rules(storages, timeline, usual)

    start = Curves()
    best, _ = improve(lambda curves: learn.score(rules(curves)), start, seed, rounds)
    tried = {STANDARD: replace(usual, lines={}), FITTED: rules(start), IMPROVED: rules(best)}
    return FittedRules(best, storages, usual, {name: (learn.score(r), judge.score(r)) for name, r in tried.items()})
