"""``yuqian series``: make, check, show and compare the series. No logic here; imports are late, so that help is quick."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from yuqian.cli_tell import BadInput

TARGET_MISSED = 6
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
SEED = click.option("--seed", type=click.IntRange(min=0), help="Seed of all random streams.")


@click.group()
def series() -> None:
    """What sun, wind, rain, rivers, people and factories do in each hour or day."""


@series.command()
@click.argument("scenario", default="2030-plan")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="File to write: .nc or .zarr.")
@click.option("--years", type=click.IntRange(min=1), default=1, show_default=True, help="Weather years.")
@click.option("--member", type=click.IntRange(min=0), default=0, show_default=True, help="Independent run of the seed.")
@click.option("--stress", multiple=True, help="Stress overlay by name; may be given several times.")
@click.option("--weather", type=click.Path(path_type=Path), help="Measured or typical year in place of the generated weather.")
@SEED
@AS_JSON
def make(
    scenario: str,
    out: Path,
    years: int,
    member: int,
    stress: Sequence[str],
    weather: Path | None,
    seed: int | None,
    as_json: bool,
) -> None:
    """Make the series of all assets of SCENARIO and write them."""
    from yuqian.assets.scenario import load_region
    from yuqian.models.clock import Clock
    from yuqian.timeseries.make import make_series
    from yuqian.timeseries.store import format_of, write
    from yuqian.timeseries.stress import stress as stress_named

    try:
        format_of(out)
        plan = _plan(seed, years=years, member=member, stress=tuple(stress_named(name) for name in stress))
        region = load_region(scenario)
        measured = None if weather is None else _measured(weather)
        made = make_series(region.kinds, Clock.of_year(region.year), plan, measured)
        write(made, out)
    except ValueError as error:
        raise BadInput(str(error)) from error
    facts = {"file": str(out), "series": len(list(made.pairs())), "members": made.members, "fingerprint": made.fingerprint}
    text = f"{facts['series']} series, {facts['members']} weather year(s), written to {out}\nfingerprint {made.fingerprint}"
    _say(facts, text, as_json)


@series.command()
@click.argument("scenario", default="2030-plan")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="NetCDF file to write.")
@click.option("--traces", type=click.IntRange(min=1), default=1, show_default=True, help="Independent traces.")
@click.option("--years", type=click.IntRange(min=1), default=60, show_default=True, help="Years of each trace.")
@click.option("--daily", is_flag=True, help="By day, not by ten-day period.")
@SEED
@AS_JSON
def flow(scenario: str, out: Path, traces: int, years: int, daily: bool, seed: int | None, as_json: bool) -> None:
    """Make long series of inflow at all catchments of SCENARIO and write them."""
    from yuqian.assets.scenario import load_region
    from yuqian.timeseries.describe import flow_summary
    from yuqian.timeseries.long_flow import FlowPlan, LongFlow

    try:
        region = load_region(scenario)
    except ValueError as error:
        raise BadInput(str(error)) from error
    if out.suffix != ".nc":
        raise BadInput(f"'{out.name}': long series are written as .nc")
    plan = FlowPlan(traces=traces, years=years) if seed is None else FlowPlan(seed, traces, years)
    catchments: list[Any] = [k for k in region.kinds if any(need.resource == "river" for need in k.series.values())]
    if not catchments:
        raise BadInput(f"the scenario '{scenario}' has no asset that asks for river flow")
    out.parent.mkdir(parents=True, exist_ok=True)
    flows = LongFlow(catchments, plan)
    flows.dataset(daily).to_netcdf(out, engine="h5netcdf")
    found = flow_summary(flows)
    lines = [f"{traces} trace(s) of {years} years at {len(catchments)} catchments, written to {out}"]
    lines.append(f"first trace, all catchments together: mean {found['mean_m3_per_s']:.1f} m3/s")
    lines += [
        f"  P = {row['share']:.0%}: year {row['year']}, {row['total_hm3']:.0f} hm3; design is {row['factor']:.3f} of it"
        for row in found["typical"]
    ]
    lines += [
        f"  draft of {row['draft_share']:.0%} of the mean: storage {row['storage_hm3']:.0f} hm3, "
        f"critical from year {row['first_year']} to {row['last_year']}"
        for row in found["critical"]
    ]
    facts = {"file": str(out), "catchments": len(catchments), "traces": traces, "years": years, **found}
    _say(facts, "\n".join(lines), as_json)


@series.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--report", is_flag=True, help="Check the generator against its calibration targets.")
@click.option("--years", type=click.IntRange(min=10), default=30, show_default=True, help="Weather years of the report.")
@SEED
@AS_JSON
def check(file: Path | None, report: bool, years: int, seed: int | None, as_json: bool) -> None:
    """Check a measured FILE (EPW, TMY3, PVGIS, NetCDF, CSV, Parquet), or with --report the generator."""
    if report == (file is not None):
        raise BadInput("give a file to check, or --report")
    if file is not None:
        measured = _measured(file)
        facts = {"file": str(file), "hours": len(measured.stamps), **measured.dataset.attrs}
        _say(facts, "\n".join(f"{name}: {value}" for name, value in facts.items()) + "\nnothing wrong found", as_json)
        return
    from yuqian.timeseries.calibration import calibration
    from yuqian.timeseries.describe import check_rows

    rows = check_rows(calibration(_plan(seed, years=years)))
    lines = [
        f"{'pass' if row['passed'] else 'MISS'}  {row['value']:10.3f}  in {row['low']:g} to {row['high']:g}  {row['statistic']}"
        for row in rows
    ]
    missed = sum(not row["passed"] for row in rows)
    _say(rows, "\n".join([*lines, f"{len(rows) - missed} of {len(rows)} within their targets, {years} years"]), as_json)
    if missed:
        raise SystemExit(TARGET_MISSED)


@series.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--asset", help="Only this asset.")
@click.option("--name", help="Only series of this name.")
@AS_JSON
def show(file: Path, asset: str | None, name: str | None, as_json: bool) -> None:
    """Show the series in a FILE that `make` wrote: mean, range and months."""
    from yuqian.timeseries.describe import bars, summary
    from yuqian.timeseries.store import read

    try:
        rows = summary(read(file), asset, name)
    except (ValueError, OSError) as error:
        raise BadInput(str(error)) from error
    if not rows:
        raise BadInput("no series of that asset and name; leave them out to see all")
    lines = [
        f"{row['asset']:32s} {row['name']:26s} {row['mean']:12.4g} {row['lowest']:12.4g} {row['highest']:12.4g} "
        f"{row['units']:10s} {bars(row['months'])}"
        for row in rows
    ]
    head = f"{'asset':32s} {'series':26s} {'mean':>12s} {'lowest':>12s} {'highest':>12s} {'unit':10s} months"
    _say(rows, "\n".join([head, *lines]), as_json)


@series.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--years", type=click.IntRange(min=1), default=10, show_default=True, help="Weather years to compare with.")
@SEED
@AS_JSON
def compare(file: Path, years: int, seed: int | None, as_json: bool) -> None:
    """Compare a measured FILE with the generator, month by month."""
    from yuqian.timeseries.compare import compare as compared
    from yuqian.timeseries.describe import comparison_rows

    rows = comparison_rows(compared(_measured(file), _plan(seed, years=years)))
    lines = []
    for row in rows:
        lines.append(
            f"{row['quantity']}: mean day {_alike(row['day_shape_correlation'])}; "
            f"lag-1 of days {row['lag1_measured']:.2f} measured, {row['lag1_generated']:.2f} generated"
        )
        lines += [f"  {side:9s} " + " ".join(f"{value:8.3g}" for value in row[side]) for side in ("measured", "generated")]
    _say(rows, "\n".join(lines), as_json)


def _alike(correlation: float | None) -> str:
    return "flat" if correlation is None else f"correlates {correlation:.3f}"


def _plan(seed: int | None, **rest: Any) -> Any:
    from yuqian.timeseries.weather import WeatherPlan

    return WeatherPlan(**rest) if seed is None else WeatherPlan(seed=seed, **rest)


def _measured(file: Path) -> Any:
    from yuqian.timeseries.measured import MeasuredError
    from yuqian.timeseries.read import read_measured

    try:
        return read_measured(file)
    except MeasuredError as error:
        raise BadInput(str(error)) from error


def _say(facts: object, text: str, as_json: bool) -> None:
    click.echo(json.dumps(facts, ensure_ascii=False, indent=2) if as_json else text)
