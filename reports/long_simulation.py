"""What ``yuqian simulate`` tells: guarantee rates by class and user of a region run by rule, for one or several variants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.table import Table

from yuqian.assets.region import Region
from yuqian.models.kind import UserClass
from yuqian.models.user_class import CLASS_ZH
from yuqian.optimise.long_simulation import LongRun, Tell, simulate_long
from yuqian.optimise.operating_rules import Rules
from yuqian.optimise.simulate import Simulation, class_row
from yuqian.reports.guarantee import Failure, Formula, Guarantee, guarantees, largest_that_can_be_shown
from yuqian.reports.usual_rules import usual_rules


@dataclass(frozen=True)
class LongReport:
    """One region run by rule.

    Attributes:
        variant: what was changed, for tables.
        classes, users: guarantee rates; ecological flows stand among the users.
        allocated_hm3: gross allocation to all users in a mean year, leakage of the works included.
        counted_hm3: what users in the scopes that count for the promise got, net of leakage, in a mean year.
    """

    region: Region
    run: LongRun
    simulation: Simulation
    variant: str
    classes: tuple[Guarantee, ...]
    users: tuple[Guarantee, ...]
    allocated_hm3: float
    counted_hm3: float

    @property
    def residual(self) -> float:
        return self.simulation.residual


def report_of(
    region: Region, run: LongRun, rules: Rules | None = None, *, formula: Formula = Formula.WEIBULL,
    failure: Failure = Failure.SHORT, variant: str = "as planned", tell: Tell | None = None,
) -> LongReport:  # fmt: skip
    """Run a region by rule and count."""
    counted = [asset.id for asset in region.assets if asset.scope in region.targets.water_scopes]
    simulation = simulate_long(region.kinds, run, rules or usual_rules(region), tell=tell)
    return told(region, run, simulation, counted, formula, failure, variant)


def told(
    region: Region, run: LongRun, simulation: Simulation, counted: Sequence[str], formula: Formula, failure: Failure,
    variant: str,
) -> LongReport:  # fmt: skip
    """Count a simulation that has been run."""
    names = simulation.names
    of_class = [row for c in simulation.rules.order if (row := class_row(c)) in names.rows]
    classes = guarantees(simulation, of_class, formula, failure)
    users = guarantees(simulation, [row for row in names.rows if row not in of_class], formula, failure)
    mine = sum(one.delivered_hm3_per_year for one in users if one.name in set(counted) & set(names.uses))
    whole = simulation.calendar.whole_years
    return LongReport(
        region, run, simulation, variant, classes, users, float(simulation.allocated_hm3()[whole].mean()), mine
    )  # fmt: skip


def as_data(report: LongReport) -> dict[str, Any]:
    """As JSON can hold it."""

    def plain(one: Guarantee) -> dict[str, Any]:
        return {**asdict(one), "formula": one.formula.value, "failure": one.failure.value}

    run = report.run
    return {
        "scenario": report.region.scenario,
        "variant": report.variant,
        "foresight": "none: operating rules",
        "years": run.years,
        "traces": run.traces,
        "seed": run.seed,
        "steps": "day" if run.by_day else "ten-day period",
        "year_start": run.year_start,
        "largest_rate_that_can_be_shown": largest_that_can_be_shown(report.classes[0].years, report.classes[0].formula)
        if report.classes
        else None,
        "balance_residual": report.residual,
        "allocated_hm3_per_year": report.allocated_hm3,
        "counted_delivered_hm3_per_year": report.counted_hm3,
        "energy_gwh_per_year": energies(report.simulation),
        "classes": [plain(one) for one in report.classes],
        "users": [plain(one) for one in report.users],
    }


def energies(simulation: Simulation) -> dict[str, float]:
    """What turbines generate in a mean year over all traces, GWh."""
    whole = simulation.calendar.whole_years
    return {name: float(simulation.energy_mwh(name)[whole].mean()) / 1000 for name in simulation.names.turbines}


def guarantee_table(title: str, rows: Sequence[Guarantee]) -> Table:
    """Guarantee rates as a table for people."""
    table = Table(title=title, title_justify="left")
    headings = ["", "demand hm3/a", "by year", "95 % interval", "9 traces in 10", "by period", "by volume"]
    headings += ["failed years", "longest", "deepest", "recovery"]
    for heading in headings:
        table.add_column(heading, justify="left" if not heading else "right")
    for one in rows:
        cells = [
            _called(one.name), f"{one.demand_hm3_per_year:,.1f}", f"{one.by_year:.1%}", _interval(one.by_year_interval),
            _interval(one.by_year_between), f"{one.by_period:.2%}", f"{one.by_volume:.2%}", f"{one.failed_years:.1f}",
            f"{one.longest_periods}", f"{one.depth:.0%}", f"{one.resilience:.2f}",
        ]  # fmt: skip
        table.add_row(*cells)
    return table


def variants_table(reports: Sequence[LongReport]) -> Table:
    """Guarantee rates by year of every class, a column for each variant."""
    table = Table(title="Guarantee rate by year / by period, each variant", title_justify="left")
    table.add_column("")
    for report in reports:
        table.add_column(report.variant, justify="right")
    rows = [one.name for one in reports[0].classes]
    for number, name in enumerate(rows):
        cells = [f"{r.classes[number].by_year:.1%} / {r.classes[number].by_period:.2%}" for r in reports]
        table.add_row(_called(name), *cells)
    table.add_row("allocated, hm3/a", *(f"{report.allocated_hm3:,.1f}" for report in reports))
    return table


def summary(report: LongReport) -> str:
    """What was counted and how, in lines."""
    run, first = report.run, report.classes[0]
    most = largest_that_can_be_shown(first.years, first.formula)
    energy = "; ".join(f"{name} {gwh:,.1f}" for name, gwh in energies(report.simulation).items())
    powers = f"turbines in the releases, GWh/a: {energy}\n" if energy else ""
    drought = "" if run.drought is None else f"; {run.drought.years} years in a row at P = {run.drought.exceeded:.0%}"
    return (
        f"{run.traces} trace(s) of {run.years} years by {'day' if run.by_day else 'ten-day period'}, year from "
        f"{run.year_start}{drought}; no foresight\n"
        f"counted as {first.formula.value}, failed: {first.failure.value}; {first.years} years can show at most {most:.2%}\n"
        f"allocated {report.allocated_hm3:,.1f} hm3/a gross to all users, of which {report.counted_hm3:,.1f} net to those "
        f"that count\n"
        f"{powers}water balance closes to {report.residual:.1e} of inflow"
    )


def _called(name: str) -> str:
    if name.startswith("class."):
        user_class = UserClass(name.removeprefix("class."))
        return f"{user_class.value.replace('_', ' ')} {CLASS_ZH[user_class]}"
    return name


def _interval(ends: tuple[float, float]) -> str:
    return f"{ends[0]:.1%} to {ends[1]:.1%}"
