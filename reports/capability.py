"""What a region could allocate with its guarantees kept: the operable bound of the promise on water."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.table import Table

from yuqian.assets.region import Region
from yuqian.models.kind import UserClass
from yuqian.optimise.capability import GUARANTEES, Bound, largest_scale
from yuqian.optimise.long_simulation import LongRun
from yuqian.optimise.operating_rules import Rules
from yuqian.optimise.simulate import Simulation, class_row, simulate
from yuqian.reports.guarantee import Failure, Formula, counts_of_simulation, guarantee_of
from yuqian.reports.usual_rules import usual_rules
from yuqian.timeseries.trace_series import TraceSeries

SCALED = tuple(GUARANTEES)


@dataclass(frozen=True)
class Capability:
    """The largest demands at which every class keeps its guarantee.

    Attributes:
        alone: for each class, the bound with only that class judged: the least of them binds.
        allocated_hm3: gross, to all users, at the bound; ``counted_hm3`` to those in the scopes that count.
        planned_hm3, planned_counted_hm3: the same at planned demand.
    """

    bound: Bound
    alone: Mapping[UserClass, Bound]
    allocated_hm3: float
    counted_hm3: float
    planned_hm3: float
    planned_counted_hm3: float
    target_hm3: float
    guarantees: Mapping[UserClass, float]
    failure: Failure
    formula: Formula
    run: LongRun


class _Runs:
    """The network at any scale of demand, over the same series; each scale is run once."""

    def __init__(self, region: Region, run: LongRun, rules: Rules) -> None:
        self.region, self.run, self.rules = region, run, rules
        self.series = TraceSeries(region.kinds, run.plan(), run.by_day, run.drought).series()
        self.kept: dict[float, Simulation] = {}

    def at(self, scale: float) -> Simulation:
        if scale not in self.kept:
            factor = dict.fromkeys(SCALED, scale)
            self.kept[scale] = simulate(
                self.region.kinds, self.series, self.run.calendar, self.rules, keep=self.run.keep, demand_factor=factor
            )
        return self.kept[scale]


def capability_of(
    region: Region, run: LongRun, rules: Rules | None = None, *, failure: Failure = Failure.DEEP,
    formula: Formula = Formula.WEIBULL, bisections: int = 12, highest: float = 4.0,
) -> Capability:  # fmt: skip
    """Scale all demands of towns, villages, industry and fields together until a class loses its guarantee.

    Every class must keep its rate both by year and by period. ``failure`` says whether a period fails when it is short at all,
    or only when it is short beyond the depth that its class is allowed.
    """
    targets = region.targets
    wanted = dict.fromkeys(GUARANTEES, targets.guarantee_town_fraction) | {
        UserClass.IRRIGATION: targets.guarantee_irrigation_fraction
    }
    runs = _Runs(region, run, rules or usual_rules(region))
    present = [c for c in runs.at(1.0).names.classes if c in wanted]

    def failing(scale: float, classes: Sequence[UserClass]) -> list[str]:
        simulation = runs.at(scale)
        found = []
        for user_class in classes:
            counts = counts_of_simulation(simulation, class_row(user_class))
            rate = guarantee_of(user_class.value, counts, formula, failure)
            found += [f"{user_class.value} by year"] if rate.by_year < wanted[user_class] else []
            found += [f"{user_class.value} by period"] if rate.by_period < wanted[user_class] else []
        return found

    alone = {c: largest_scale(_only(failing, c), 0.0, highest, bisections) for c in present}
    bound = min(alone.values(), key=lambda one: one.scale)
    best, planned = runs.at(bound.scale), runs.at(1.0)
    return Capability(
        bound, alone, _mean(best), _counted(best, region), _mean(planned), _counted(planned, region),
        targets.water_hm3_per_year, {c: wanted[c] for c in present}, failure, formula, run,
    )  # fmt: skip


def _only(failing: Any, user_class: UserClass) -> Any:
    return lambda scale: failing(scale, [user_class])


def _mean(simulation: Simulation) -> float:
    return float(simulation.allocated_hm3()[simulation.calendar.whole_years].mean())


def _counted(simulation: Simulation, region: Region) -> float:
    """Gross allocation in the scopes that count: what users got there, and what its works leaked."""
    counted = {asset.id for asset in region.assets if asset.scope in region.targets.water_scopes}
    whole, names = simulation.calendar.whole_years, simulation.names
    got = sum(float(simulation.delivered_hm3(use)[whole].mean()) for use in names.uses if use in counted)
    leaked = sum(
        float(simulation.carried_hm3(way)[whole].mean()) * loss
        for way, loss in zip(names.ways, simulation.plan.way_counted.tolist(), strict=True)
        if loss and way in counted
    )
    return float(got + leaked)


def capability_table(found: Capability) -> Table:
    """Capability with the class that binds."""
    table = Table(title="Capability by operating rules: all demands scaled together", title_justify="left")
    for heading in ("", "guarantee", "scale that holds", "fails above it"):
        table.add_column(heading, justify="left" if heading in ("", "fails above it") else "right")
    for user_class, one in found.alone.items():
        binds = " (binds)" if one is found.bound else ""
        table.add_row(
            user_class.value + binds, f"{found.guarantees[user_class]:.0%}", f"{one.scale:.3f}",
            ", ".join(one.binds) or "nobody, at the largest scale tried",
        )  # fmt: skip
    return table


def capability_lines(found: Capability) -> str:
    """Capability in lines."""
    return (
        f"capability {found.counted_hm3:,.1f} hm3/a gross where it counts, against {found.target_hm3:,.0f} promised "
        f"({found.allocated_hm3:,.1f} to all users) at {found.bound.scale:.3f} of planned demand; planned "
        f"{found.planned_counted_hm3:,.1f} ({found.planned_hm3:,.1f})\n"
        f"guarantees by year and by period, {found.formula.value}, failed: {found.failure.value}; {found.run.traces} trace(s) "
        f"of {found.run.years} years"
    )


def capability_as_data(found: Capability) -> dict[str, Any]:
    """As JSON can hold it."""
    return {
        "capability_hm3_per_year": found.counted_hm3,
        "capability_all_users_hm3_per_year": found.allocated_hm3,
        "planned_hm3_per_year": found.planned_counted_hm3,
        "planned_all_users_hm3_per_year": found.planned_hm3,
        "target_hm3_per_year": found.target_hm3,
        "scale": found.bound.scale,
        "binds": list(found.bound.binds),
        "by_class": {
            c.value: {"guarantee_fraction": found.guarantees[c], "scale": one.scale, "binds": list(one.binds)}
            for c, one in found.alone.items()
        },
        "formula": found.formula.value,
        "failure": found.failure.value,
        "years": found.run.years,
        "traces": found.run.traces,
    }
