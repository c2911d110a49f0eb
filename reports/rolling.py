"""A study by rolling windows: guide, windows, stitched answer, audit, and how far it is from perfect foresight."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from yuqian.models.book import End
from yuqian.models.clock import OPENING
from yuqian.models.commitment_law import Commitment
from yuqian.optimise.coarse_guide import CoarseGuide
from yuqian.optimise.compile import compile_model
from yuqian.optimise.guide import Guidance, Guide, guide
from yuqian.optimise.priced_start import estimated_prices, solve_from_prices
from yuqian.optimise.rolling import Rolled, Roller, RollingPlan, Window
from yuqian.optimise.rolling_store import WindowFiles
from yuqian.optimise.solve import SolverOptions
from yuqian.optimise.tighten import relaxed
from yuqian.optimise.water_plan import Refined
from yuqian.reports.study import NoAnswer, RunResult, Study, Tell, Timer

NO_DEVIATION = 1e-6
"""What is nearer to where it should have ended, in its unit, is there."""

TellWindow = Callable[[Window, int], None]


@dataclass(frozen=True)
class RollingRun:
    """An audited answer by rolling windows.

    Attributes:
        result: as of any other run; its bound is the cost of the guide.
        guide: the whole with perfect foresight.
        rolled: windows and what was stitched from them.
        plan: how it was rolled.
        ends: where stocks, water and coal on its way, and units that must turn as they began ended elsewhere than they should:
            name, deviation in its unit, and what that is worth in yuan.
    """

    result: RunResult
    guide: Guide
    rolled: Rolled
    plan: RollingPlan
    ends: tuple[tuple[str, float, float], ...]

    @property
    def distance_fraction(self) -> float:
        """How much dearer it is than perfect foresight, with what it lacks at the end paid for."""
        return (self.rolled.cost_yuan + self.end_yuan - self.guide.cost_yuan) / max(1.0, abs(self.guide.cost_yuan))

    @property
    def linear_distance_fraction(self) -> float:
        """The same from the linear program of the whole, which knows nothing of whole units."""
        linear = self.guide.cost_yuan if self.guide.linear_yuan is None else self.guide.linear_yuan
        return (self.rolled.cost_yuan + self.end_yuan - linear) / max(1.0, abs(linear))

    @property
    def end_yuan(self) -> float:
        """What is lacking at the end, at the guide's prices; negative for a surplus."""
        return sum(yuan for _, _, yuan in self.ends)

    @property
    def largest_gap_fraction(self) -> float:
        return max(window.gap_fraction for window in self.rolled.windows)

    def as_data(self) -> dict[str, Any]:
        """What is saved as ``rolling.json``."""
        windows = [
            {
                "first_day": str(self.guide.clock.water.stamps[one.span.first_day].astype("datetime64[D]")),
                "keep_days": one.span.keep_days, "days": one.span.days, "status": one.outcome.value,
                "cost_yuan": one.cost_yuan, "bound_yuan": one.bound_yuan, "gap_fraction": one.gap_fraction,
                "iterations": one.iterations, "seconds": round(one.seconds, 3),
            }
            for one in self.rolled.windows
        ]  # fmt: skip
        return {
            "cost_yuan": self.rolled.cost_yuan, "bound_yuan": self.guide.cost_yuan, "end_yuan": self.end_yuan,
            "linear_bound_yuan": self.guide.linear_yuan, "distance_fraction": self.distance_fraction,
            "linear_distance_fraction": self.linear_distance_fraction, "largest_gap_fraction": self.largest_gap_fraction,
            "plan": {name: getattr(value, "value", value) for name, value in asdict(self.plan).items()},
            "ends": [{"name": name, "deviation": off, "yuan": yuan} for name, off, yuan in self.ends],
            "seconds": {phase: round(seconds, 3) for phase, seconds in self.result.seconds.items()},
            "windows": windows,
            "seams": self.seams(),
        }  # fmt: skip

    def seams(self) -> Mapping[str, list[float]]:
        """What every window handed on, by stock: the levels at the seams."""
        stocks = {
            f"{one.owner}.{one.name}": (one.owner, one.params[0])
            for one in self.rolled.assembly.steps.carried
            if one.span is not None
        }
        return {
            name: [float(window.opens_next[key].ravel()[-1]) for window in self.rolled.windows] for name, key in stocks.items()
        }


def roll(
    study: Study, plan: RollingPlan | None = None, options: SolverOptions | None = None, tell: Tell | None = None,
    tell_window: TellWindow | None = None, runs: Path | None = None, guided_by: Guidance = Guidance.COARSE,
) -> RollingRun:  # fmt: skip
    """Solve a study by rolling windows, with its units as they are committed in it.

    Args:
        guided_by: which linear program of the whole with perfect foresight guides the windows and bounds the cost.
        runs: where to save; a run that was stopped goes on from the windows that it finds there.

    Raises:
        NoAnswer: when the guide has no optimum.
        SplitError: when its prices bound nothing.
        RollingError: when a window has none.
        AuditError: when the answer fails its audit.
    """
    plan, timer = plan or RollingPlan(), Timer(tell or (lambda phase, progress: None))
    options = options or SolverOptions()
    files = None
    if runs is not None:
        files = WindowFiles.of(study.folder(runs) / "windows", study.fingerprint, plan, options, guided_by)
    found = None if files is None else files.load_guide(study.clock)
    if found is None:
        found = _guide(study, guided_by, options, timer)
        if files is not None:
            files.save_guide(found)
    attrs = study.series.dataset.attrs
    with timer.phase("declare windows"):
        roller = Roller.of(
            study.region.kinds, study.series.as_mapping(), study.clock, found, plan, options,
            int(attrs.get("seed", 0)), int(attrs.get("member", 0)),
        )  # fmt: skip
    with timer.phase("windows"):
        rolled = roller.run(files, tell_window)
    solution = rolled.as_solution(found.cost_yuan)
    result = study.concluded(Refined(rolled.assembly, rolled.program, solution), timer, runs, rolled.prices, rolled.openings)
    run = RollingRun(result, found, rolled, plan, valued_ends(found, result.audit.ends))
    if result.folder is not None:
        text = json.dumps(run.as_data(), ensure_ascii=False, indent=2, sort_keys=True)
        (result.folder / "rolling.json").write_text(text + "\n", encoding="utf-8")
    return run


def valued_ends(found: Guide, ends: Sequence[End]) -> tuple[tuple[str, float, float], ...]:
    """Deviations from where the horizon should have ended, named, in their units and in yuan at the guide's prices."""
    valued = []
    for end in ends:
        key = f"{end.owner}.{end.name}"
        if abs(end.deviation) > NO_DEVIATION:
            name = key if end.step == OPENING else f"{key}[{end.step}]"
            valued.append((name, end.deviation, found.missing_yuan(key, -end.deviation, end.step)))
    return tuple(valued)


def _guide(study: Study, guided_by: Guidance, options: SolverOptions, timer: Timer) -> Guide:
    """The optimum of the whole, as a guide."""
    if guided_by in (Guidance.COARSE, Guidance.JOINED):
        with timer.phase("solve the whole in coarse steps"):
            coarse = CoarseGuide.of(
                study.region.kinds, study.series.as_mapping(), study.clock, options, timer.progress
            )  # fmt: skip
        with timer.phase("join the whole of weeks"):
            by_hour = coarse.joined if guided_by is Guidance.JOINED else coarse.bounded
            return by_hour(options=options, report=timer.progress)
    study = study.with_commitment(Commitment.NONE) if guided_by is Guidance.NONE else study
    with timer.phase("declare"):
        assembly = study.assemble()
    with timer.phase("compile"):
        program = relaxed(compile_model(assembly.model))
    with timer.phase("estimate prices"):
        prices = estimated_prices(program, assembly.assets, assembly.series, study.clock, options)
    with timer.phase("solve the whole"):
        solution = solve_from_prices(program, prices, study.clock, options, timer.progress)
    if solution.row_dual is None:
        raise NoAnswer(solution.outcome, "the whole with perfect foresight must have an optimum before windows can follow it")
    return guide(assembly, program, solution)
