"""Statistics of the long flow series, for the calibration report."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from yuqian.models.clock import Floats
from yuqian.timeseries.days import STANDARD_YEAR, Days
from yuqian.timeseries.dekads import PER_MONTH, PER_YEAR, lengths
from yuqian.timeseries.long_flow import FlowPlan, LongFlow
from yuqian.timeseries.tables import MONTHS, tables

SITES = ("calibration_a", "calibration_b", "calibration_c")
DROUGHT_YEARS = 3


def flow_statistics(plan: FlowPlan) -> dict[str, float]:
    """Long flow at three catchments, against the tables that it was made from."""
    catchments = [SimpleNamespace(id=name, area_km2=1000.0, runoff_depth_mm_per_year=500.0) for name in SITES]
    flow = LongFlow(catchments, plan)
    by_year = flow.dekads_m3_per_s.astype(float).reshape(plan.traces, len(SITES), plan.years, PER_YEAR)
    by_year = by_year / flow.mean_flow_m3_per_s[:, None, None]
    return {**_margins(flow, by_year), **_months(by_year), **_years(by_year), **_links(flow)}


def _margins(flow: LongFlow, by_year: Floats) -> dict[str, float]:
    """Ten-day mean, variation and skew, over all traces, sites and years."""
    pooled = by_year.reshape(-1, PER_YEAR)
    mean, spread = pooled.mean(axis=0), pooled.std(axis=0)
    skew = (((pooled - mean) / spread) ** 3).mean(axis=0)
    wanted = flow.margins
    return {
        "flow_min": float(by_year.min()),
        "flow_dekad_mean_error_max": float(np.abs(mean / [one.mean for one in wanted] - 1.0).max()),
        "flow_dekad_variation_error_max": float(np.abs(spread / mean / [one.variation for one in wanted] - 1.0).max()),
        "flow_dekad_skew_error_mean": float(np.abs(skew / [one.skew for one in wanted] - 1.0).mean()),
    }


def _months(by_year: Floats) -> dict[str, float]:
    monthly = (by_year * lengths()).reshape(-1, MONTHS, PER_MONTH).sum(axis=2)
    mean = monthly.mean(axis=0)
    share = tables("river").months("runoff_month_share")
    variation = monthly.std(axis=0) / mean
    return {
        "flow_month_mean_error_max": float(np.abs(mean / mean.sum() / share * share.sum() - 1.0).max()),
        "flow_month_variation_error_max": float(np.abs(variation - tables("river").months("month_variation")).max()),
    }


def _years(by_year: Floats) -> dict[str, float]:
    totals = (by_year * lengths()).sum(axis=-1) / len(Days(STANDARD_YEAR).dates)
    summed = np.cumsum(np.concatenate((np.zeros((*totals.shape[:-1], 1)), totals), axis=-1), axis=-1)
    runs = (summed[..., DROUGHT_YEARS:] - summed[..., :-DROUGHT_YEARS]) / DROUGHT_YEARS
    return {
        "flow_year_variation": float(totals.std() / totals.mean()),
        "flow_year_p95_ratio": float(np.quantile(totals, 0.05) / totals.mean()),
        "flow_driest_run_ratio": float(np.median(runs.min(axis=-1))),
    }


def _links(flow: LongFlow) -> dict[str, float]:
    """Correlations of the normal deviates: from period to period, over the new year, and between sites."""
    deviates = flow.deviates[:, 1:].astype(float)
    wrapped = deviates.reshape(flow.plan.traces, len(SITES), flow.plan.years, PER_YEAR)
    found = np.array([np.corrcoef(wrapped[..., k - 1].ravel(), wrapped[..., k].ravel())[0, 1] for k in range(1, PER_YEAR)])
    wanted = flow.memory[1:]
    last, first = wrapped[:, :, :-1, -1].ravel(), wrapped[:, :, 1:, 0].ravel()
    return {
        "flow_lag1_error_max": float(np.abs(found - wanted).max()),
        "flow_lag1_new_year_error": float(abs(np.corrcoef(last, first)[0, 1] - flow.memory[0])),
        "flow_site_correlation": float(np.corrcoef(deviates[:, 0].ravel(), deviates[:, 1].ravel())[0, 1]),
    }
