"""Rolling horizon: a year solved window by window, each seeing some days beyond those that it decides.

Every window is the same program with other numbers: series, what the one before handed on, and what its end is worth. Of each,
the first days are kept; the kept days of all windows are the answer. Kinds are known here by what they note alone
(:mod:`yuqian.models.carry_law`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

import highspy
import numpy as np

from yuqian.models.carry_law import Carried
from yuqian.models.clock import Clock, Floats, Horizon
from yuqian.models.kind import Kind
from yuqian.optimise.assemble import Assembly, SeriesByAsset, assemble
from yuqian.optimise.compile import compile_model
from yuqian.optimise.dive import WHOLE, solve_whole
from yuqian.optimise.guide import Guide, Terminal
from yuqian.optimise.prices import Price, balance_prices, priced
from yuqian.optimise.program import Program
from yuqian.optimise.seams import Numbers, Seams, cleaned
from yuqian.optimise.solve import Outcome, Progress, Solution, SolverOptions, solve
from yuqian.optimise.stitch import Receiver, tables_by_step
from yuqian.optimise.tighten import relaxed
from yuqian.timeseries.foresight import Foresight, Outlook


class RollingError(RuntimeError):
    """A window without an answer, or an opening that nobody gave; the message names window, days and what to do."""


@dataclass(frozen=True)
class Span:
    """One window: ``days`` water steps from ``first_day``, of which the first ``keep_days`` are kept."""

    number: int
    first_day: int
    keep_days: int
    days: int


@dataclass(frozen=True)
class RollingPlan:
    """How a year is rolled through.

    Attributes:
        keep_days: days of each window that are kept; whole days, because daily limits must not be cut.
        ahead_days: days beyond them that it sees.
        foresight: what it knows of those.
        terminal: what it wants of the stocks that it leaves behind.
        gap_fraction: gap at which the search of a window stops, relative to what its days usually cost.
        time_limit_s: of each window; with what it has by then it goes on.
    """

    keep_days: int = 7
    ahead_days: int = 1
    foresight: Foresight = Foresight.FORECAST
    terminal: Terminal = Terminal.VALUE
    gap_fraction: float = 2e-3
    time_limit_s: float = 40.0

    def __post_init__(self) -> None:
        if self.keep_days < 1 or self.ahead_days < 0:
            raise ValueError("a window keeps at least one day, and looks at none or more beyond")

    def spans(self, days: int) -> tuple[Span, ...]:
        """The windows of a horizon, all of one length; the last one ends where the horizon ends."""
        length = min(self.keep_days + self.ahead_days, days)
        firsts = [*range(0, days - length, self.keep_days), days - length]
        ends = [*firsts[1:], days]
        return tuple(
            Span(number, first, end - first, length) for number, (first, end) in enumerate(zip(firsts, ends, strict=True))
        )


@dataclass(frozen=True)
class Window:
    """What came out of one window.

    Attributes:
        cost_yuan, bound_yuan: of the whole window, the value of its end included.
        usual_yuan: what so many days cost on the average; the gap is relative to the larger of both.
        x: shape (columns of the window's program,).
        prices: of the balances, by step of the window; none where the solve gave no duals.
        opens_next: what it hands on.
        basis: of its linear program, which the next window begins from.
    """

    span: Span
    outcome: Outcome
    cost_yuan: float
    bound_yuan: float
    usual_yuan: float
    iterations: int
    seconds: float
    x: Floats
    prices: Mapping[str, Price]
    opens_next: Mapping[tuple[str, str], Floats]
    basis: highspy.HighsBasis | None

    @property
    def gap_fraction(self) -> float:
        """Distance to its bound, relative to its cost or to what so many days usually cost."""
        return max(self.cost_yuan - self.bound_yuan, 0.0) / max(1.0, abs(self.cost_yuan), self.usual_yuan)


class Keeper(Protocol):
    """Keeps windows so that a run can go on after it was stopped."""

    def load(self, span: Span) -> Window | None: ...

    def save(self, window: Window) -> None: ...


@dataclass(frozen=True)
class Rolled:
    """The answer of a rolling horizon.

    Attributes:
        assembly, program: of the whole horizon, opened by numbers; never solved, but what ``x`` is read with.
        x: the kept days of all windows, shape (columns of ``program``,).
        prices: of the balances, over the horizon.
        openings: what the first window began with, by (asset, Param).
    """

    assembly: Assembly
    program: Program
    x: Floats
    prices: Mapping[str, Price]
    openings: Mapping[tuple[str, str], Floats]
    windows: tuple[Window, ...]

    @property
    def cost_yuan(self) -> float:
        return float(self.program.cost @ self.x + self.program.offset)

    def as_solution(self, bound_yuan: float) -> Solution:
        """The same in the form of a solve of the whole."""
        stopped = any(window.outcome is not Outcome.OPTIMAL for window in self.windows)
        return Solution(
            Outcome.LIMIT_WITH_SOLUTION if stopped else Outcome.OPTIMAL, self.cost_yuan, bound_yuan, self.x, None, None,
            sum(window.iterations for window in self.windows), sum(window.seconds for window in self.windows), 0.0, "",
        )  # fmt: skip


Tell = Callable[[Window, int], None]
"""Called with each window when it is done, and how many there are."""


@dataclass(frozen=True)
class Roller:
    """Everything that the windows of one run share, made once."""

    assembly: Assembly
    program: Program
    receiver: Receiver
    guide: Guide
    outlook: Outlook
    plan: RollingPlan
    options: SolverOptions
    tables: Mapping[tuple[str, str], Floats]

    @classmethod
    def of(
        cls, assets: Iterable[Kind], series: SeriesByAsset, clock: Clock, guide: Guide, plan: RollingPlan,
        options: SolverOptions | None = None, seed: int = 0, member: int = 0,
    ) -> Roller:  # fmt: skip
        """Build the window's program and the horizon that receives the answers.

        Args:
            assets: as the windows commit them.
            series: over ``clock``.
            guide: from the optimum of the whole over the same clock.
            seed, member: of the weather run that the errors of forecasts belong to.
        """
        kinds = tuple(assets)
        whole = assemble(kinds, series, clock, Horizon.WINDOW)
        outlook = Outlook.of(kinds, whole.series, clock, plan.foresight, seed, member)
        first = plan.spans(clock.water.count)[0]
        part = assemble(kinds, outlook.window(0, first.days, first.days), clock.first_days(first.days), Horizon.WINDOW, True)
        program = compile_model(part.model)
        options = replace(options or SolverOptions(), gap_fraction=plan.gap_fraction, time_limit_s=plan.time_limit_s)
        tables = tables_by_step(whole, tables_by_step(part, None))
        return cls(part, program, Receiver.of(whole, part, program), guide, outlook, plan, options, tables)

    def run(self, keeper: Keeper | None = None, tell: Tell | None = None) -> Rolled:
        """Go through all windows.

        Raises:
            RollingError: for a window without an answer.
        """
        spans = self.plan.spans(self.guide.clock.water.count)
        openings, basis = dict(self.first_openings), None
        windows = []
        for span in spans:
            window = keeper.load(span) if keeper else None
            if window is None:
                window = self.solve(span, openings, basis)
                if keeper:
                    keeper.save(window)
            if tell:
                tell(window, len(spans))
            openings, basis = dict(window.opens_next), window.basis
            windows.append(window)
        return self._stitched(tuple(windows), self.first_openings)

    @cached_property
    def first_openings(self) -> Mapping[tuple[str, str], Floats]:
        """What the first window begins with: the given openings, and those that the year chose, whole ones rounded down.

        Raises:
            RollingError: naming what nobody gave.
        """
        openings: Numbers = {}
        missing = []
        for one in self.assembly.steps.carried:
            for param in one.params:
                if (one.owner, param) in self.guide.openings:
                    openings[one.owner, param] = self._whole(one, self.guide.openings[one.owner, param])
                elif one.opening is not None:
                    openings[one.owner, param] = np.array(one.opening)
                elif not one.is_free:
                    missing.append(f"{one.owner}.{one.name}")
        if missing:
            raise RollingError(f"nothing says what these begin with: {', '.join(missing)}; solve the whole with them first")
        return openings

    def _whole(self, one: Carried, opening: Floats) -> Floats:
        """An opening that the windows can begin with."""
        if one.quota_row is not None:
            return opening
        columns, _ = Seams(self.assembly).column_of(one, self.program, np.asarray(one.over))
        return np.where(self.program.integral[columns], np.floor(opening + WHOLE), opening)

    def program_of(self, span: Span, openings: Mapping[tuple[str, str], Floats]) -> Program:
        """The program of a window."""
        numbers: Numbers = {}
        clock = self.guide.clock
        for key, values in self.tables.items():
            per_day = clock.power_per_water if len(values) == clock.power.count else 1
            numbers[key] = values[span.first_day * per_day : (span.first_day + span.days) * per_day]
        numbers |= self.outlook.window(span.first_day, span.days, span.keep_days)
        numbers |= openings
        for one in self.assembly.steps.carried:
            if one.key in self.guide.tracks:
                opened = self.first_openings[one.owner, one.params[0]] if one.comes_round else None
                numbers |= self.guide.ends(one.key, span.first_day + span.days, self.plan.terminal, opened)
        return self.program.with_series(numbers)

    def usual_yuan(self, span: Span) -> float:
        """What so many days cost on the average of the year, which gaps are measured by.

        The cost of a window itself depends on how its stocks move, and may be anything.
        """
        return abs(self.guide.cost_yuan) * span.days / self.guide.clock.water.count

    def solve(
        self, span: Span, openings: Mapping[tuple[str, str], Floats], basis: highspy.HighsBasis | None = None
    ) -> Window:  # fmt: skip
        """Solve one window.

        Args:
            basis: of the linear program of the window before: mostly the same days of a week, so a few hundred iterations away.
        """
        began = time.perf_counter()
        program = self.program_of(span, openings)
        options = replace(self.options, gap_yuan=self.plan.gap_fraction * self.usual_yuan(span))
        again = options if basis is None else options.from_basis
        loose = solve(relaxed(program), again, _quiet, basis)
        found = solve_whole(program, options, _quiet, loose)
        if found.x is None:
            day = self.guide.clock.water.stamps[span.first_day].astype("datetime64[D]")
            raise RollingError(
                f"window {span.number} ({span.days} days from {day}) ended as '{found.outcome.value}'; look further ahead, "
                f"give it more time, or loosen a limit without a price"
            )
        answer = priced(program, found, self.options)
        assert answer.x is not None
        x = cleaned(program, answer.x)
        handed_on = Seams(self.assembly).handed_on(program, x, openings, span.keep_days)
        iterations = found.iterations + (answer.iterations if answer is not found else 0)
        return Window(
            span, found.outcome, float(program.cost @ x + program.offset), min(found.bound_yuan, found.objective_yuan),
            self.usual_yuan(span), iterations, time.perf_counter() - began, x,
            balance_prices(self.assembly, program, answer), handed_on, loose.basis,
        )  # fmt: skip

    def _stitched(self, windows: tuple[Window, ...], openings: Mapping[tuple[str, str], Floats]) -> Rolled:
        receiver = self.receiver
        x = receiver.joined([(window.span.first_day, window.span.keep_days, window.x) for window in windows])
        prices = {}
        for name, price in windows[0].prices.items():
            per_day = len(price.values) // windows[0].span.days
            kept = [window.prices[name].values[: window.span.keep_days * per_day] for window in windows]
            prices[name] = replace(price, values=np.concatenate(kept))
        return Rolled(receiver.assembly, receiver.program, x, prices, openings, windows)


def _quiet(progress: Progress) -> None:
    return
