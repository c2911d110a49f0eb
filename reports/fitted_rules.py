"""Rule curves of a region, fitted to its own optimum over many years and judged on traces held apart."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from yuqian.assets.region import Region
from yuqian.models.clock import Floats, Timeline
from yuqian.optimise.long_simulation import LongRun
from yuqian.optimise.operating_compiler import has_compiler
from yuqian.optimise.operating_rules import Rules
from yuqian.optimise.rule_curves import Curves, by_dekad, improve, moves, priced_shortage, surely_less
from yuqian.optimise.simulate import Engine, Simulation, simulate
from yuqian.reports.long import LongResult
from yuqian.reports.usual_rules import usual_rules
from yuqian.timeseries.trace_series import TraceSeries

STANDARD, FITTED, IMPROVED = "standard rule", "curves of the optimum", "curves improved"


@dataclass(frozen=True)
class Score:
    """Priced shortage of one rule, million yuan a year, on three sets of traces that share none.

    Attributes:
        learnt: on those that the curves were improved on.
        chosen: on those that choose among the rules.
        apart: on those that neither saw; they judge.
    """

    learnt: float
    chosen: float
    apart: float


@dataclass(frozen=True)
class FittedRules:
    """Curves and how they fared.

    Attributes:
        curves: the improved ones.
        storages: of the optimum, by reservoir.
        scores: of each rule.
        chosen: the rule that the run goes by: curves where they surely beat the standard rule on the traces that choose.
    """

    curves: Curves
    storages: dict[str, Floats]
    usual: Rules
    scores: dict[str, Score]
    chosen: str

    def for_run(self, run: LongRun) -> Rules:
        """The chosen rules on the steps of a run."""
        return self.on(run.calendar.timeline)

    def on(self, timeline: Timeline) -> Rules:
        """The chosen rules on the steps of a timeline."""
        return _tried(self.curves, self.storages, timeline, self.usual)[self.chosen]

    def lines(self) -> str:
        """In lines for people."""
        said = [
            f"{name}: {score.learnt:,.2f} million yuan a year on the traces learnt from, {score.chosen:,.2f} on those that "
            f"choose, {score.apart:,.2f} on those held apart"
            for name, score in self.scores.items()
        ]
        c = self.curves
        strengths = ", ".join(f"{user_class.value} {c.strengths[user_class]:.2f}" for user_class in self.usual.order)
        said.append(
            f"improved: warning line at the {c.warning:.0%} quantile of the optimum's storage, guarantee line at "
            f"{min(c.warning, c.guarantee):.0%}; strength of the usual limits: {strengths}"
        )
        said.append(f"the run goes by: {self.chosen}")
        return "\n".join(said)

    def as_data(self) -> dict[str, Any]:
        """As plain data."""
        return {"million_yuan_per_year": {name: asdict(one) for name, one in self.scores.items()}, "chosen": self.chosen}


def _tried(curves: Curves, storages: dict[str, Floats], timeline: Timeline, usual: Rules) -> dict[str, Rules]:
    return {
        STANDARD: replace(usual, lines={}),
        FITTED: Curves().rules(storages, timeline, usual),
        IMPROVED: curves.rules(storages, timeline, usual),
    }


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
        # The search runs the network so often that compiling pays, however short the traces.
        self.engine = Engine.COMPILED if has_compiler() else Engine.AUTO

    def simulation(self, rules: Rules) -> Simulation:
        return simulate(self.region.kinds, self.series, self.run.calendar, rules, keep=self.run.keep, engine=self.engine)

    def score(self, rules: Rules) -> Floats:
        return priced_shortage(self.simulation(rules))


def fit_rules(
    region: Region, storages: dict[str, Floats], run: LongRun, apart: int, usual: Rules | None = None, seed: int = 1,
    rounds: int = 6,
) -> FittedRules:  # fmt: skip
    """Fit curves to an optimum's storages and improve them on the traces of ``run``.

    The ``apart`` traces after those choose between the standard rule, the curves as read and the improved ones: curves must
    beat the standard rule by more than two standard errors. As many traces after them judge.
    """
    usual = usual or usual_rules(region)
    firsts = (run.first, run.first + run.traces, run.first + run.traces + apart)
    learn, choose, judge = (
        Trial(region, replace(run, first=first, traces=traces))
        for first, traces in zip(firsts, (run.traces, apart, apart), strict=True)
    )
    timeline = run.calendar.timeline
    movable = moves(learn.simulation(usual).names.classes)

    def learnt(curves: Curves) -> float:
        return float(learn.score(curves.rules(storages, timeline, usual)).mean())

    best, _ = improve(learnt, Curves(), movable, seed, rounds)
    tried = _tried(best, storages, timeline, usual)
    on_choice = {name: choose.score(rules) for name, rules in tried.items()}
    scores = {
        name: Score(*(float(one.mean()) for one in (learn.score(rules), on_choice[name], judge.score(rules))))
        for name, rules in tried.items()
    }
    fitted = min((FITTED, IMPROVED), key=lambda name: scores[name].chosen)
    chosen = fitted if surely_less(on_choice[fitted], on_choice[STANDARD]) else STANDARD
    return FittedRules(best, storages, usual, scores, chosen)
