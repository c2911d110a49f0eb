"""A study: one scenario of a region, ready to be run.

``load`` reads and checks everything, ``Study.run`` goes through the arrows of the house one by one: series, model, program,
solution, results. Nothing is written before the answer has passed its audit.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from yuqian.assets.region import Region
from yuqian.assets.scenario import load_region
from yuqian.models.clock import Clock, Floats
from yuqian.models.commitment_law import Commitment
from yuqian.models.user_class import Order
from yuqian.optimise.assemble import Assembly, assemble
from yuqian.optimise.compile import compile_model
from yuqian.optimise.dive import solve_whole
from yuqian.optimise.entries import Books, books
from yuqian.optimise.priced_start import estimated_prices, solve_from_prices
from yuqian.optimise.prices import Price, priced
from yuqian.optimise.program import Program
from yuqian.optimise.solve import Outcome, Progress, Solution, SolverOptions
from yuqian.optimise.water_plan import Refined, WaterPlan, refined
from yuqian.reports.audit import Audit
from yuqian.reports.results import Results, collect
from yuqian.reports.targets import TargetReport, count_targets
from yuqian.timeseries.given import read_given
from yuqian.timeseries.make import make_series
from yuqian.timeseries.series import Series
from yuqian.timeseries.stress import stress as stress_overlay
from yuqian.timeseries.weather import WeatherPlan

DEFAULT_SCENARIO = "2030-plan"
LIBRARIES = ("yuqian", "pyomo", "highspy", "numpy", "scipy", "pandas", "xarray", "pvlib")
WATER_DEMAND = "demand_m3_per_s"

Tell = Callable[[str, Progress | None], None]
"""Called with the name of the phase when it begins, and with the progress while the solver runs."""


class NoAnswer(RuntimeError):
    """The solve ended without an answer; ``outcome`` says how."""

    def __init__(self, outcome: Outcome, advice: str) -> None:
        super().__init__(f"the solve ended as '{outcome.value}': {advice}")
        self.outcome = outcome


@dataclass(frozen=True)
class RunResult:
    """An audited answer.

    Attributes:
        folder: where it is saved; None if it was not.
        seconds: how long each phase took, in order.
        size: columns, rows and non-zeros of the program.
        refined: how a strict order of water users, or settled heads, were come by.
    """

    study: Study
    results: Results
    audit: Audit
    targets: TargetReport
    ledger: Books
    solution: Solution
    folder: Path | None
    seconds: dict[str, float]
    size: tuple[int, int, int]
    refined: Refined

    @property
    def objective_yuan(self) -> float:
        return self.solution.objective_yuan

    def __repr__(self) -> str:
        targets = self.targets
        return (
            f"<run of {self.study.region.scenario}: {self.solution.outcome.value}, {self.objective_yuan:.6g} yuan; "
            f"{targets.capacity.counted_mw:.0f} MW {targets.capacity.verdict.value}, "
            f"{targets.water.allocated_hm3:.1f} hm3 {targets.water.verdict.value}, "
            f"{targets.people.supplied_persons:.0f} persons {targets.people.verdict.value}>"
        )


@dataclass(frozen=True)
class Study:
    """A scenario with its calendar and series.

    Attributes:
        region: assets in service, every value with its source.
        clock: the year, by the hour and by the day.
        series: what sun, wind, rivers and people do.
    """

    region: Region
    clock: Clock
    series: Series

    @property
    def fingerprint(self) -> str:
        """sha256 over catalogue, series, calendar and the versions of what computes."""
        digest = hashlib.sha256()
        digest.update(self.region.fingerprint().encode())
        digest.update(self.series.fingerprint.encode())
        digest.update(self.clock.power.stamps.tobytes())
        digest.update(json.dumps(versions(), sort_keys=True).encode())
        return digest.hexdigest()

    def assemble(self) -> Assembly:
        """The Pyomo model with its ledger."""
        return assemble(self.region.kinds, self.series.as_mapping(), self.clock)

    def demands(self) -> dict[str, Floats]:
        """Water demand of each user by water step, m3/s."""
        return {owner: values for (owner, name), values in self.series.as_mapping().items() if name == WATER_DEMAND}

    def water_plan(self, order: Order | None = None, *, settles: bool = False) -> WaterPlan:
        """A plan with the region's order of classes; as strictly as the region says, where ``order`` does not."""
        law = self.region.water
        return WaterPlan(order or law.ordering, settles, law.order)

    def run(
        self,
        options: SolverOptions | None = None,
        tell: Tell | None = None,
        runs: Path | None = None,
        plan: WaterPlan | None = None,
    ) -> RunResult:
        """Solve the year, audit the answer and save it under ``runs/<id>/`` if a folder is given.

        Args:
            plan: how strictly water users are ordered, and whether heads are settled; as :meth:`water_plan` has it when None.

        Raises:
            NoAnswer: when the solve ends without an answer.
            AuditError: when the answer fails its audit; nothing is written then.
        """
        timer = Timer(tell or (lambda phase, progress: None))
        with timer.phase("declare"):
            assembly = self.assemble()
        with timer.phase("compile"):
            program = compile_model(assembly.model)
        done = self._solved(assembly, program, options or SolverOptions(), plan or self.water_plan(), timer)
        return self.concluded(done, timer, runs)

    def _solved(
        self, assembly: Assembly, program: Program, options: SolverOptions, plan: WaterPlan, timer: Timer
    ) -> Refined:  # fmt: skip
        """The optimum with its duals; with whole decisions, the duals of the linear program at those."""
        prices = None
        if program.integral.any():
            with timer.phase("solve"):
                solution = solve_whole(program, options, timer.progress)
            if solution.x is not None:
                with timer.phase("price"):
                    solution = priced(program, solution, options)
        else:
            with timer.phase("estimate prices"):
                prices = estimated_prices(program, assembly.assets, assembly.series, self.clock, options)
            with timer.phase("solve"):
                solution = solve_from_prices(program, prices, self.clock, options, timer.progress)
        if solution.x is None:
            raise NoAnswer(solution.outcome, advice_on(solution.outcome))
        with timer.phase("refine"):
            return refined(assembly, program, solution, plan, options, timer.progress, prices)

    def concluded(
        self, done: Refined, timer: Timer, runs: Path | None = None,
        prices: Mapping[str, Price] | None = None, openings: Mapping[tuple[str, str], Floats] | None = None,
    ) -> RunResult:  # fmt: skip
        """From a solution to an audited result, saved if a folder is given.

        Args:
            prices: of the balances, where they are not the solution's own duals.
            openings: what the horizon was opened with.

        Raises:
            AuditError: when the answer fails its audit; nothing is written then.
        """
        assembly, program, solution = done.assembly, done.program, done.solution
        with timer.phase("collect"):
            ledger = books(assembly, program, done.x)
            results = collect(assembly, program, solution, ledger, self._attributes(), prices, openings)
        with timer.phase("audit"):
            audit = results.audit()
            audit.require()
        targets = count_targets(self.region, ledger, self.demands(), self.clock)
        folder = None
        if runs is not None:
            with timer.phase("save"):
                folder = self._save(runs, results, solution, audit)
        size = (program.column_count, program.row_count, int(program.matrix.nnz))
        return RunResult(self, results, audit, targets, ledger, solution, folder, timer.seconds, size, done)

    def with_commitment(self, commitment: Commitment) -> Study:
        """The same study with all units committed that way."""
        assets = tuple(
            dataclasses.replace(asset, model=asset.model.with_commitment(commitment)) for asset in self.region.assets
        )
        return dataclasses.replace(self, region=dataclasses.replace(self.region, assets=assets))

    def folder(self, runs: Path) -> Path:
        """Where its run is saved."""
        return runs / f"{self.region.scenario}-{self.fingerprint[:10]}"

    def program(self) -> Program:
        """The year as arrays, to be given new series and solved many times."""
        return compile_model(self.assemble().model)

    def _attributes(self) -> dict[str, Any]:
        return {
            "scenario": self.region.scenario,
            "fingerprint": self.fingerprint,
            "fingerprint_catalogue": self.region.fingerprint(),
            "fingerprint_series": self.series.fingerprint,
            "versions": json.dumps(versions(), sort_keys=True),
        }

    def _save(self, runs: Path, results: Results, solution: Solution, audit: Audit) -> Path:
        folder = self.folder(runs)
        folder.mkdir(parents=True, exist_ok=True)
        results.write(folder / "results.nc")
        (folder / "solver.log").write_text(solution.log, encoding="utf-8")
        manifest = {
            **self._attributes(),
            "versions": versions(),
            "status": solution.outcome.value,
            "objective_yuan": solution.objective_yuan,
            "audit_largest_relative": audit.largest_relative,
            "series": {key: _plain(value) for key, value in self.series.dataset.attrs.items()},
            "assets": [asset.id for asset in self.region.assets],
        }
        text = json.dumps(manifest, ensure_ascii=False, indent=2, sort_keys=True)
        (folder / "manifest.json").write_text(text + "\n", encoding="utf-8")
        return folder


_ADVICE = {
    Outcome.INFEASIBLE: "no dispatch keeps all limits; loosen one without a price, such as must-run or an opening stock",
    Outcome.UNBOUNDED: "something earns without limit; look for a price without a capacity",
    Outcome.INTERRUPTED: "it was stopped before it had an answer",
    Outcome.LIMIT_WITHOUT_SOLUTION: "give it more time",
}


def advice_on(outcome: Outcome) -> str:
    """What to do about a solve that ended without an answer."""
    return _ADVICE.get(outcome, "see the solver's log")


@dataclass(frozen=True)
class Part:
    """A part of a year.

    Attributes:
        month_day: of the first day, "MM-DD".
        days: how many.
    """

    month_day: str
    days: int

    def clock(self, year: int) -> Clock:
        """Its hours and days in a year.

        Raises:
            ValueError: for a day that the year does not have, or an end beyond it.
        """
        try:
            start = dt.date.fromisoformat(f"{year}-{self.month_day}")
        except ValueError:
            raise ValueError(f"'{self.month_day}' is no day of {year}; give the month and the day, as 07-01") from None
        most = (dt.date(year, 12, 31) - start).days + 1
        if not 1 <= self.days <= most:
            raise ValueError(f"from {self.month_day} the year {year} has {most} days, {self.days} were asked for")
        return Clock.of_days(start, self.days)


def load(
    scenario: str | Path = DEFAULT_SCENARIO,
    overrides: Sequence[str] = (),
    stress: Sequence[str] = (),
    part: Part | None = None,
    series_files: Sequence[Path] = (),
) -> Study:
    """Read a scenario with its region and make its series.

    Args:
        scenario: name of a shipped one, or a path to a scenario file.
        overrides: ``asset.field=value``, taken last.
        stress: names of stress overlays, put on the weather of the year.
        part: of the year; all of it when None. A part stands alone: its stocks end as they began, or as they must.
        series_files: series that stand in for made ones; see :mod:`yuqian.timeseries.given`.

    Raises:
        ValueError: for a part that the year does not have.
        CatalogueError: with everything that is wrong in all files.
        TableError: for an overlay that there is not.
    """
    region = load_region(scenario, overrides)
    clock = Clock.of_year(region.year) if part is None else part.clock(region.year)
    plan = WeatherPlan(stress=tuple(stress_overlay(name) for name in stress))
    given = read_given(series_files, region.kinds, clock)
    return Study(region, clock, make_series(region.kinds, clock, plan, given=given))


def versions() -> dict[str, str]:
    """Versions of what computes."""
    return {name: version(name) for name in LIBRARIES}


@dataclass
class Timer:
    """Tells what begins and keeps how long it took."""

    tell: Tell
    seconds: dict[str, float] = field(default_factory=dict)
    _name: str = ""

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        self._name = name
        self.tell(name, None)
        began = time.perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - began

    def progress(self, progress: Progress) -> None:
        self.tell(self._name, progress)


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value
