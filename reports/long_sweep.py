"""A number over its range: the same long series with the low end, the value and the high end of one number of the catalogue."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from yuqian.assets.scenario import load_region
from yuqian.assets.source import Value
from yuqian.optimise.solve import SolverOptions
from yuqian.reports.guarantee import Guarantee
from yuqian.reports.long import LongStudy
from yuqian.reports.long_tables import driest_years, served, served_in
from yuqian.timeseries.long_series import LongPlan


class SweepError(ValueError):
    """A number that cannot be swept; the message says what can."""


@dataclass(frozen=True)
class Point:
    """One value of the number, and how the classes fared with it.

    Attributes:
        end: "low", "value" or "high".
        drought: the same in the driest run of years; none unless asked for.
    """

    end: str
    value: Value
    served: tuple[Guarantee, ...]
    drought: tuple[Guarantee, ...]


def ends_of(scenario: str | Path, path: str, overrides: Sequence[str] = ()) -> dict[str, Value]:
    """The number at the low end of its range, as it is, and at the high end.

    Raises:
        CatalogueError: for a scenario that is wrong.
        SweepError: for a path that is no number of an asset, or one without a range.
    """
    asset_id, _, field = path.partition(".")
    region = load_region(scenario, overrides)
    asset = region.catalogue.assets.get(asset_id)
    fact = None if asset is None else asset.fields.facts.get(field)
    if fact is None:
        known = sorted(asset.fields.facts) if asset else sorted(region.catalogue.assets)
        raise SweepError(f"found '{path}'; allowed: asset.field, with one of {', '.join(known[:40])}")
    ends = fact.ends()
    if ends is None:
        raise SweepError(f"'{path}' has no range in the catalogue; give it one, or set it with -o {path}=VALUE")
    return {"low": ends[0], "value": fact.value, "high": ends[1]}


def sweep(
    scenario: str | Path, path: str, plan: LongPlan, overrides: Sequence[str] = (), drought_years: int = 0,
    options: SolverOptions | None = None, tell: Callable[[str, Value], None] | None = None,
) -> tuple[Point, ...]:  # fmt: skip
    """Solve the long series at both ends of a number's range and at its value, with perfect foresight.

    Raises:
        SweepError, CatalogueError: as :func:`ends_of`; also where an end does not fit the rest of the asset.
    """
    points = []
    for end, value in ends_of(scenario, path, overrides).items():
        if tell is not None:
            tell(end, value)
        text = list(value) if isinstance(value, tuple) else value
        study = LongStudy.of(load_region(scenario, [*overrides, f"{path}={text}"]), plan)
        result = study.run(options)
        driest = driest_years(study, drought_years) if drought_years else range(0)
        drought = served_in(result.supply, driest) if drought_years else ()
        points.append(Point(end, value, served(result.supply), drought))
    return tuple(points)
