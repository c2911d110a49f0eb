"""Series in words and numbers: what `yuqian series` prints."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from yuqian.models.clock import Floats
from yuqian.models.units import M3_PER_HM3, SECONDS_PER_DAY
from yuqian.timeseries.calibration import Check
from yuqian.timeseries.compare import Comparison
from yuqian.timeseries.dekads import PER_YEAR, lengths
from yuqian.timeseries.long_flow import LongFlow
from yuqian.timeseries.series import MEMBER, RHYTHM_DIM, Series
from yuqian.timeseries.typical_year import sequent_peak, typical_years

BARS = "▁▂▃▄▅▆▇█"
DRAFT_SHARES = (0.5, 0.7, 0.9)


def summary(series: Series, asset: str | None = None, name: str | None = None) -> list[dict[str, Any]]:
    """One row a series: asset, name, unit, mean, lowest, highest, and the mean of each month (twelve, or fewer if the clock is
    shorter), over all weather years."""
    rows = []
    for own_asset, own_name in series.pairs():
        if (asset and own_asset != asset) or (name and own_name != name):
            continue
        values = series.of(own_asset, own_name)
        step = next(dim for dim in series.dataset[own_name].dims if dim in RHYTHM_DIM.values())
        months = np.asarray(series.dataset[step].values).astype("datetime64[M]").astype(np.int64) % 12 + 1
        by_month = [float(values[..., months == month].mean()) for month in range(1, 13) if np.any(months == month)]
        rows.append(
            {
                "asset": own_asset,
                "name": own_name,
                "units": series.dataset[own_name].attrs["units"],
                "mean": float(values.mean()),
                "lowest": float(values.min()),
                "highest": float(values.max()),
                "months": by_month,
                "members": int(series.dataset.sizes.get(MEMBER, 1)),
            }
        )
    return rows


def bars(values: Iterable[float]) -> str:
    """Numbers as a line of bars, the lowest and the highest at the ends of the scale."""
    numbers = list(values)
    low, span = min(numbers), max(numbers) - min(numbers)
    places = [int((number - low) / span * (len(BARS) - 1)) if span > 0 else 0 for number in numbers]
    return "".join(BARS[place] for place in places)


def check_rows(checks: Iterable[Check]) -> list[dict[str, Any]]:
    """Rows of the calibration report."""
    return [
        {
            "name": check.name,
            "statistic": check.title,
            "low": check.low,
            "high": check.high,
            "value": check.value,
            "passed": check.passed,
            "source": check.source,
        }
        for check in checks
    ]


def comparison_rows(comparisons: Iterable[Comparison]) -> list[dict[str, Any]]:
    """Rows of a comparison with a measured file."""
    return [
        {
            "quantity": one.quantity,
            "measured": one.measured.tolist(),
            "generated": one.generated.tolist(),
            "day_shape_correlation": one.day_shape_correlation,
            "lag1_measured": one.lag1_measured,
            "lag1_generated": one.lag1_generated,
        }
        for one in comparisons
    ]


def flow_summary(flow: LongFlow) -> dict[str, Any]:
    """Typical years and critical periods of the flow of all catchments together, of the first trace.

    Returns:
        ``mean_m3_per_s``; ``typical``, a row for each design frequency (none for fewer than ten years); ``critical``, a row for
        each draft as a share of the mean flow, with the storage that keeps it up, hm3, and its first and last year.
    """
    total = flow.dekads_m3_per_s[0].sum(axis=0).astype(float)
    days = np.tile(lengths(), flow.plan.years)
    volume_hm3 = total * days * SECONDS_PER_DAY / M3_PER_HM3
    mean = float(volume_hm3.sum() / days.sum())
    critical = []
    for share in DRAFT_SHARES:
        draft: Floats = share * mean * days.astype(float)
        period = sequent_peak(volume_hm3, draft)
        row = {"draft_share": share, "storage_hm3": period.storage}
        critical.append({**row, "first_year": period.first // PER_YEAR, "last_year": period.last // PER_YEAR})
    years = volume_hm3.reshape(flow.plan.years, PER_YEAR)
    typical = typical_years(years) if flow.plan.years >= 10 else ()
    return {
        "mean_m3_per_s": mean * M3_PER_HM3 / SECONDS_PER_DAY,
        "typical": [
            {"share": one.share, "year": one.year, "total_hm3": one.total, "design_hm3": one.design, "factor": one.factor}
            for one in typical
        ],
        "critical": critical,
    }
