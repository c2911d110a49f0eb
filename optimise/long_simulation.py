"""The water network of a region by rule over many traces of many years, chunk by chunk of traces on all cores."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from yuqian.models.clock import Clock
from yuqian.models.kind import Kind
from yuqian.optimise.operating_compiler import has_compiler
from yuqian.optimise.operating_rules import Rules
from yuqian.optimise.operating_run import LANES, Record
from yuqian.optimise.simulate import Calendar, Engine, Keep, Simulation, simulate
from yuqian.timeseries.days import STANDARD_YEAR
from yuqian.timeseries.dekads import dekad_clock
from yuqian.timeseries.long_flow import FlowPlan
from yuqian.timeseries.trace_series import DroughtYears, TraceSeries

WORTH_PROCESSES = 100
"""Years of all traces from which processes pay."""
CHUNK = LANES
"""Traces that are made and run together: about 50 MB of series for a region by day over 60 years."""
Tell = Callable[[int, int], None]
"""Called with the traces that are done and all of them."""


@dataclass(frozen=True)
class LongRun:
    """A long run of a network.

    Attributes:
        years, traces, seed: of the flow.
        by_day: steps of a day; else ten-day periods.
        year_start: "MM-DD" with which a year begins for counting (水文年).
        drought: years in a row that are made as dry as the design year.
        keep: what results are added up by.
        first: number of the first trace.
    """

    years: int = 60
    traces: int = 200
    seed: int = FlowPlan().seed
    by_day: bool = True
    year_start: str = "01-01"
    drought: DroughtYears | None = None
    keep: Keep = Keep.YEAR
    first: int = 0

    @property
    def calendar(self) -> Calendar:
        """A standard year, repeated."""
        clock = Clock.of_year(STANDARD_YEAR) if self.by_day else dekad_clock(STANDARD_YEAR, 1)
        return Calendar.of(clock, self.years, self.year_start)

    def plan(self) -> FlowPlan:
        """Of the flow."""
        return FlowPlan(self.seed, self.traces, self.years, self.first)


@dataclass(frozen=True)
class Job:
    """What a process is given."""

    kinds: Sequence[Kind]
    run: LongRun
    rules: Rules
    groups: Mapping[str, Sequence[str]] = field(default_factory=dict)
    engine: Engine = Engine.AUTO

    def simulate(self) -> Simulation:
        """Make the series and run them."""
        series = TraceSeries(self.kinds, self.run.plan(), self.run.by_day, self.run.drought).series()
        calendar = self.run.calendar
        return simulate(
            self.kinds, series, calendar, self.rules, keep=self.run.keep, groups=self.groups, engine=self.engine
        )  # fmt: skip


def simulate_long(
    kinds: Sequence[Kind], run: LongRun, rules: Rules | None = None, groups: Mapping[str, Sequence[str]] | None = None,
    tell: Tell | None = None, processes: int | None = None,
) -> Simulation:  # fmt: skip
    """Run a network over all traces of a long run; the same for any number of processes.

    Raises:
        OperatingError: for a network that cannot be run by rule.
    """
    chunk = min(CHUNK, -(-run.traces // 2) if run.traces * run.years >= WORTH_PROCESSES else run.traces)
    firsts = range(run.first, run.first + run.traces, chunk)
    parts = [replace(run, first=first, traces=min(chunk, run.first + run.traces - first)) for first in firsts]
    jobs = [Job(kinds, part, rules or Rules(), groups or {}) for part in parts]
    worth = run.traces * run.years >= WORTH_PROCESSES
    count = min(len(jobs), processes or (len(os.sched_getaffinity(0)) if worth else 1))
    tell = tell or (lambda done, of: None)
    first = jobs[0].simulate() if count < 2 else None
    if first is None:
        return _in_processes(jobs, count, tell, run.traces)
    records = [first.record]
    tell(parts[0].traces, run.traces)
    for job in jobs[1:]:
        records.append(job.simulate().record)
        tell(job.run.first + job.run.traces - run.first, run.traces)
    return replace(first, record=_joined(records))


def _in_processes(jobs: Sequence[Job], count: int, tell: Tell, traces: int) -> Simulation:
    # A short run of two traces compiles what the long ones run by: the processes inherit it.
    short = replace(jobs[0].run, years=1, traces=2, drought=None)
    warm = replace(jobs[0], run=short, engine=Engine.COMPILED if has_compiler() else Engine.AUTO).simulate()
    done, records = 0, []
    with ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("fork")) as pool:
        for job, record in zip(jobs, pool.map(_record_of, jobs), strict=True):
            records.append(Record(*record))
            done += job.run.traces
            tell(done, traces)
    calendar = jobs[0].run.calendar
    return replace(warm, calendar=calendar, record=_joined(records))


def _record_of(job: Job) -> tuple[Any, ...]:
    return tuple(np.ascontiguousarray(part) for part in job.simulate().record)


def _joined(records: Sequence[Record]) -> Record:
    return Record(*(np.concatenate(parts, axis=-1) for parts in zip(*records, strict=True)))
