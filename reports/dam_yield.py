"""The best yield of one dam of a scenario, alone with its own catchments, over a long series.

The dam keeps its curves, levels, losses and ecological flow; its water goes to one draft that is the same on every day. What
runs into it from other dams and reaches is left out, so the yield is that of its own catchments.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from yuqian.assets.region import Region
from yuqian.models.kind import Kind
from yuqian.models.port import Port
from yuqian.models.units import DAYS_PER_YEAR, HM3_PER_M3_PER_S_HOUR, HOURS_PER_DAY
from yuqian.models.yield_demand import YieldDemand
from yuqian.optimise.best_yield import BestYield, YieldError, best_yield
from yuqian.optimise.solve import SolverOptions
from yuqian.timeseries.long_series import RIVER, LongPlan, LongSeries

USER = "best_yield_user"
VALUE_YUAN_PER_M3 = 0.01
"""Of the draft: far below what a lack of ecological flow costs, far above what release costs."""
HM3_PER_YEAR = HM3_PER_M3_PER_S_HOUR * HOURS_PER_DAY * DAYS_PER_YEAR


@dataclass(frozen=True)
class DamYield:
    """The best yield of a dam.

    Attributes:
        found: yield, bound and failing years.
        inflow_hm3: mean of a year.
        active_hm3: storage between the dead and the normal level; 0 where the dam does not say.
        years: of the series.
    """

    dam: str
    found: BestYield
    inflow_hm3: float
    active_hm3: float
    years: int

    @property
    def yield_hm3(self) -> float:
        """Of a year."""
        return self.found.flow_m3_per_s * HM3_PER_YEAR

    @property
    def bound_hm3(self) -> float:
        """No choice of failing years yields more in a year."""
        return self.found.bound_m3_per_s * HM3_PER_YEAR

    @property
    def guarantee_fraction(self) -> float:
        """m/(n+1), by year."""
        return (self.years - len(self.found.failing_years)) / (self.years + 1)


def dam_yield(
    region: Region, dam_id: str, plan: LongPlan, failing_years: int, depth_fraction: float = 1.0,
    options: SolverOptions | None = None,
) -> DamYield:  # fmt: skip
    """The largest steady draft from a dam with at most so many failing years.

    Args:
        depth_fraction: share of the draft that may be missing in a failing year.

    Raises:
        YieldError: for an id that is no dam with a catchment, or a search without an end.
    """
    dam, catchments = _network(region, dam_id)
    made = LongSeries((*catchments, dam), plan, region.year, tuple(sorted(set(dam.season_starts()))))
    clock, series = made.clock, dict(made.series().as_mapping())
    inflow = sum((series[one.id, name] for one in catchments for name in one.series), np.zeros(clock.water.count))
    mean = float(np.average(inflow, weights=clock.water.hours))
    demand = YieldDemand(
        id=USER, node=dam_id, flow_max_m3_per_s=mean * (plan.years / max(plan.years - failing_years, 1)),
        value_yuan_per_m3=VALUE_YUAN_PER_M3, failing_years_count=failing_years, failure_depth_fraction=depth_fraction,
        steps_per_year_count=clock.water.count // plan.years,
    )  # fmt: skip
    series[USER, "shape_ratio"] = np.ones(clock.water.count)
    below = str(getattr(dam, "downstream"))  # noqa: B009
    network = (dam, *catchments, Port.market(below, "m3_per_s", 1e9, 0.0))
    found = best_yield(network, series, clock, demand, options)
    return DamYield(dam_id, found, mean * HM3_PER_YEAR, _active(dam), plan.years)


def _network(region: Region, dam_id: str) -> tuple[Kind, list[Kind]]:
    assets = {asset.id: asset.model for asset in region.assets}
    dams = sorted(one for one, model in assets.items() if model.is_water_source and model.forwards_to == "downstream")
    if dam_id not in dams:
        raise YieldError(f"'{dam_id}' is no dam in service; there are {', '.join(dams) or 'none'}")
    catchments = [
        model
        for model in assets.values()
        if any(need.resource == RIVER for need in model.series.values()) and getattr(model, "node", None) == dam_id
    ]
    if not catchments:
        raise YieldError(f"'{dam_id}' has no catchment of its own: it is filled from elsewhere, and its yield is another's")
    return assets[dam_id], catchments


def _active(dam: Kind) -> float:
    storage = getattr(dam, "storage_hm3_at", None)
    if storage is None:
        return 0.0
    levels = (getattr(dam, "level_dead_m"), getattr(dam, "level_normal_m"))  # noqa: B009
    low, high = (float(storage(level)) for level in levels)
    return high - low


def as_data(found: DamYield) -> dict[str, object]:
    """The yield as JSON can hold it."""
    return {
        "dam": found.dam,
        "years": found.years,
        "yield_hm3_per_year": found.yield_hm3,
        "bound_hm3_per_year": found.bound_hm3,
        "gap_fraction": found.found.gap_fraction,
        "failing_years": [year + 1 for year in found.found.failing_years],
        "guarantee_by_year_fraction": found.guarantee_fraction,
        "inflow_hm3_per_year": found.inflow_hm3,
        "active_storage_hm3": found.active_hm3,
        "status": found.found.outcome.value,
        "foresight": "perfect: no operating rule yields more with as many failing years",
    }
