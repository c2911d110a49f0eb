"""A long-series study: the water network of a scenario over many years, by ten-day period or by day.

The linear program sees all years before it decides. What it shows is the optimistic bound; it is no guarantee rate.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from yuqian.assets.region import Region
from yuqian.models.clock import Clock, Floats
from yuqian.models.ledger import Account
from yuqian.optimise.assemble import Assembly, assemble
from yuqian.optimise.compile import compile_model
from yuqian.optimise.entries import Books, books
from yuqian.optimise.operating_network import operation_of
from yuqian.optimise.solve import Solution, SolverOptions, solve
from yuqian.optimise.water_alone import MarketPrices, WaterSide, water_side
from yuqian.reports.audit import Audit
from yuqian.reports.results import Results, collect
from yuqian.reports.study import WATER_DEMAND, NoAnswer, Tell, Timer, advice_on, versions
from yuqian.timeseries.long_series import LongPlan, LongSeries
from yuqian.timeseries.series import Series


@dataclass(frozen=True)
class Supply:
    """What each user asked for and got.

    Attributes:
        users: ids, sorted.
        classes: class of each user, as the ledger counts it.
        demand_hm3, supplied_hm3: by user and water step, shape (users, steps).
        years: year of each step, counted from 0, shape (steps,).
    """

    users: tuple[str, ...]
    classes: tuple[str, ...]
    demand_hm3: Floats
    supplied_hm3: Floats
    years: np.ndarray[Any, np.dtype[np.int64]]

    def of_class(self, name: str) -> tuple[Floats, Floats]:
        """Demand and supply of a class, all its users together, shape (steps,) each."""
        own = np.array([one == name for one in self.classes])
        return self.demand_hm3[own].sum(axis=0), self.supplied_hm3[own].sum(axis=0)

    def part(self, inside: np.ndarray[Any, np.dtype[np.bool_]], years: np.ndarray[Any, np.dtype[np.int64]]) -> Supply:
        """Some of the steps, their years counted anew; both arguments of shape (steps,)."""
        again = np.unique(years[inside], return_inverse=True)[1].astype(np.int64)
        return Supply(self.users, self.classes, self.demand_hm3[:, inside], self.supplied_hm3[:, inside], again)


@dataclass(frozen=True)
class LongResult:
    """An audited answer over many years.

    Attributes:
        supply: of the users.
        seconds: how long each phase took.
        size: columns, rows and non-zeros of the program.
        folder: where it is saved; None if it was not.
    """

    study: LongStudy
    results: Results
    audit: Audit
    ledger: Books
    solution: Solution
    supply: Supply
    seconds: dict[str, float]
    size: tuple[int, int, int]
    folder: Path | None = None


@dataclass(frozen=True, eq=False)
class LongStudy:
    """The water side of a scenario with its long series.

    Attributes:
        region: the scenario.
        side: which assets are modelled, and the ports in place of the rest.
        plan: years, trace, step.
        clock: the calendar.
        series: by asset and step.
    """

    region: Region
    side: WaterSide
    plan: LongPlan
    clock: Clock
    series: Series

    @classmethod
    def of(cls, region: Region, plan: LongPlan, prices: MarketPrices | None = None) -> LongStudy:
        """Part the water side from the rest and make its series."""
        side = water_side(region.kinds, prices)
        split_at = sorted({day for asset in side.assets for day in asset.season_starts()})
        made = LongSeries(side.assets, plan, region.year, tuple(split_at))
        return cls(region, side, plan, made.clock, made.series())

    def assemble(self) -> Assembly:
        """The Pyomo model with its ledger."""
        return assemble(self.side.all, self.series.as_mapping(), self.clock)

    @cached_property
    def demands(self) -> Mapping[str, Floats]:
        """Water demand of each user by step, m3/s; cooled units at the mean load."""
        series, count = self.series.as_mapping(), self.clock.water.count
        demands = {owner: values for (owner, name), values in series.items() if name == WATER_DEMAND}
        for use in operation_of(self.side.assets, self.clock.water, self.plan.load_fraction).uses:
            otherwise = np.full(count, 0.0 if use.demand.otherwise is None else use.demand.otherwise)
            demands.setdefault(use.id, series.get((use.demand.owner, use.demand.series), otherwise))
        return demands

    @property
    def fingerprint(self) -> str:
        """sha256 over catalogue, series, calendar, stand-ins and versions."""
        digest = hashlib.sha256()
        digest.update(self.region.fingerprint().encode())
        digest.update(self.series.fingerprint.encode())
        digest.update(self.clock.water.stamps.tobytes())
        digest.update(json.dumps([port.model_dump(mode="json") for port in self.side.ports], sort_keys=True).encode())
        changed = [asset for asset in self.side.assets if asset not in self.region.kinds]
        digest.update("".join(asset.model_dump_json() for asset in changed).encode())
        digest.update(json.dumps(versions(), sort_keys=True).encode())
        return digest.hexdigest()

    def run(self, options: SolverOptions | None = None, tell: Tell | None = None, runs: Path | None = None) -> LongResult:
        """Solve all years at once, audit the answer and save it under ``runs/<id>/`` if a folder is given.

        Raises:
            NoAnswer: when the solve ends without an answer.
            AuditError: when the answer fails its audit; nothing is written then.
        """
        timer = Timer(tell or (lambda phase, progress: None))
        with timer.phase("declare"):
            assembly = self.assemble()
        with timer.phase("compile"):
            program = compile_model(assembly.model)
        with timer.phase("solve"):
            solution = solve(program, options, timer.progress)
        if solution.x is None:
            raise NoAnswer(solution.outcome, advice_on(solution.outcome))
        with timer.phase("collect"):
            ledger = books(assembly, program, solution.x)
            results = collect(assembly, program, solution, ledger, self._attributes())
        with timer.phase("audit"):
            audit = results.audit()
            audit.require()
        folder = None
        if runs is not None:
            with timer.phase("save"):
                folder = self._save(runs, results, solution)
        size = (program.column_count, program.row_count, int(program.matrix.nnz))
        supply = supply_of(ledger, self.demands, self.clock)
        return LongResult(self, results, audit, ledger, solution, supply, timer.seconds, size, folder)

    def _attributes(self) -> dict[str, Any]:
        return {
            "scenario": self.region.scenario,
            "fingerprint": self.fingerprint,
            "years": self.plan.years,
            "trace": self.plan.trace,
            "step": "day" if self.plan.by_day else "ten-day period",
            "foresight": "perfect: an optimistic bound, no guarantee rate",
            "versions": json.dumps(versions(), sort_keys=True),
        }

    def _save(self, runs: Path, results: Results, solution: Solution) -> Path:
        folder = runs / f"{self.region.scenario}-long-{self.fingerprint[:10]}"
        folder.mkdir(parents=True, exist_ok=True)
        results.write(folder / "results.nc")
        (folder / "solver.log").write_text(solution.log, encoding="utf-8")
        manifest = {**self._attributes(), "versions": versions(), "status": solution.outcome.value}
        text = json.dumps(manifest, ensure_ascii=False, indent=2, sort_keys=True)
        (folder / "manifest.json").write_text(text + "\n", encoding="utf-8")
        return folder


def supply_of(ledger: Books, demands: Mapping[str, Floats], clock: Clock) -> Supply:
    """Demand and supply of every user that has a demand by step, from the account of allocation."""
    lines = {line.owner: line for line in ledger.accounts[Account.ALLOCATION] if line.owner in demands}
    users = tuple(sorted(lines))
    volume = clock.water.hm3_per_m3_per_s
    demand = np.array([demands[user] * volume for user in users]).reshape(len(users), clock.water.count)
    supplied = np.array([lines[user].values for user in users]).reshape(demand.shape)
    years = clock.water.stamps.astype("datetime64[Y]").astype(np.int64)
    return Supply(users, tuple(lines[user].label for user in users), demand, supplied, years - years[0])
