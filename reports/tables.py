"""Tables for people: rich at a terminal, plain dictionaries for machines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.table import Table

from yuqian.assets.asset import Asset
from yuqian.assets.region import Region
from yuqian.assets.source import Fact
from yuqian.models.ledger import Account
from yuqian.reports.study import RunResult
from yuqian.reports.targets import PeopleTarget, TargetReport

ASSUMED_MARK = "†"


def targets_as_data(report: TargetReport) -> dict[str, Any]:
    """The three promises as JSON can hold them."""
    capacity, water, people = report.capacity, report.water, report.people
    return {
        "capacity": {
            "target_mw": capacity.target_mw,
            "counted_mw": capacity.counted_mw,
            "margin_mw": capacity.counted_mw - capacity.target_mw,
            "verdict": capacity.verdict.value,
            "by_rung_mw": dict(capacity.by_rung_mw),
            "ladder_mw": dict(capacity.ladder_mw),
            "in_service_by_scope_mw": dict(capacity.by_scope_mw),
            "battery_mw": capacity.battery_mw,
            "captive_mw": capacity.captive_mw,
            "assumed": list(capacity.assumed),
        },
        "water": {
            "target_hm3_per_year": water.target_hm3,
            "allocated_hm3_per_year": water.allocated_hm3,
            "margin_hm3_per_year": water.allocated_hm3 - water.target_hm3,
            "verdict": water.verdict.value,
            "demand_hm3_per_year": water.demand_hm3,
            "all_users_hm3_per_year": water.total_hm3,
            "by_class_hm3_per_year": dict(water.by_class_hm3),
            "by_source_hm3_per_year": dict(water.by_source_hm3),
            "assumed": list(water.assumed),
        },
        "people": {
            "target_persons": people.target_persons,
            "supplied_persons": people.supplied_persons,
            "margin_persons": people.supplied_persons - people.target_persons,
            "verdict": people.verdict.value,
            "guarantee_asked_fraction": people.guarantee_fraction,
            "counted_by": "period (day), m/(n+1)",
            "days": people.days,
            "towns": [
                {
                    "asset": town.asset,
                    "persons": town.persons,
                    "downstream": town.downstream,
                    "counted": town.counted,
                    "guarantee_fraction": town.guarantee_fraction,
                    "supplied": town.supplied,
                }
                for town in people.towns
            ],
            "assumed": list(people.assumed),
        },
    }


def run_as_data(result: RunResult) -> dict[str, Any]:
    """What ``yuqian run --json`` prints."""
    columns, rows, nonzeros = result.size
    return {
        "scenario": result.study.region.scenario,
        "status": result.solution.outcome.value,
        "objective_yuan": result.objective_yuan,
        "bound_yuan": result.solution.bound_yuan,
        "co2_t": result.ledger.total(Account.CO2),
        "targets": targets_as_data(result.targets),
        "audit": {
            "passes": result.audit.passes,
            "checks": len(result.audit.findings),
            "largest_relative": result.audit.largest_relative,
            "largest_balance_residual": result.audit.largest_balance_residual,
            "cost_residual": result.audit.cost_residual,
        },
        "assumed_facts": len(result.study.region.assumed_facts()),
        "program": {"columns": columns, "rows": rows, "nonzeros": nonzeros, "iterations": result.solution.iterations},
        "seconds": result.seconds,
        "fingerprint": result.study.fingerprint,
        "folder": None if result.folder is None else str(result.folder),
    }


def targets_table(report: TargetReport) -> Table:
    """The three promises, a row each."""
    capacity, water, people = report.capacity, report.water, report.people
    table = Table(title="The three promises", caption=f"{ASSUMED_MARK} leans on assumed numbers", title_justify="left")
    for heading, justify in (("promise", "left"), ("target", "right"), ("this run", "right"), ("margin", "right")):
        table.add_column(heading, justify="right" if justify == "right" else "left")
    table.add_column("verdict")
    table.add_column("counted as")
    table.add_row(
        "installed capacity", f"{capacity.target_mw:,.0f} MW", f"{capacity.counted_mw:,.0f} MW{_mark(capacity.assumed)}",
        f"{capacity.counted_mw - capacity.target_mw:+,.0f}", capacity.verdict.value,
        "rated AC power in service: " + ", ".join(f"{rung} {mw:,.0f}" for rung, mw in capacity.by_rung_mw.items() if mw),
    )  # fmt: skip
    table.add_row(
        "water allocated", f"{water.target_hm3:,.0f} hm3/a", f"{water.allocated_hm3:,.1f} hm3/a{_mark(water.assumed)}",
        f"{water.allocated_hm3 - water.target_hm3:+,.1f}", water.verdict.value,
        "gross, at planned demand, one mean year with perfect foresight; what could be allocated is not computed yet",
    )  # fmt: skip
    table.add_row(
        "people supplied", f"{people.target_persons:,.0f}", f"{people.supplied_persons:,.0f}{_mark(people.assumed)}",
        f"{people.supplied_persons - people.target_persons:+,.0f}", people.verdict.value,
        f"need at the norm met on {people.guarantee_fraction:.0%} of days, m/(n+1), perfect foresight",
    )  # fmt: skip
    return table


def breakdown_tables(report: TargetReport) -> list[Table]:
    """What stands behind the three rows: the ladder, the water by class and source, the towns."""
    capacity, water = report.capacity, report.water
    ladder = Table(title="Installed capacity by rung of the ladder, MW", title_justify="left")
    ladder.add_column("rung")
    for heading in ("in this scenario", "in the catalogue", "running sum"):
        ladder.add_column(heading, justify="right")
    running = 0.0
    for rung, listed in capacity.ladder_mw.items():
        running += listed
        ladder.add_row(rung, f"{capacity.by_rung_mw[rung]:,.1f}", f"{listed:,.1f}", f"{running:,.1f}")
    ladder.caption = f"apart: batteries {capacity.battery_mw:,.0f} MW, captive plants {capacity.captive_mw:,.0f} MW"
    return [
        ladder,
        _shares("Water allocated by class, hm3/a", water.by_class_hm3),
        _shares("Water allocated by source, hm3/a", water.by_source_hm3),
        _towns(report.people),
    ]


def assets_table(region: Region) -> Table:
    """All assets of the catalogue, in service or not."""
    table = Table(title=f"Assets of {region.name.en}", title_justify="left")
    for heading in ("id", "name", "kind", "status", "from", "scope", "in service", "assumed"):
        table.add_column(heading)
    serving = {asset.id for asset in region.assets}
    for asset in region.catalogue.assets.values():
        assumed = sum(fact.is_assumed for fact in asset.facts.values())
        table.add_row(
            asset.id, f"{asset.name.en} {asset.name.zh}", asset.kind, asset.status.value, str(asset.in_service or ""),
            asset.scope, "yes" if asset.id in serving else "", f"{assumed}/{len(asset.facts)}" if asset.facts else "",
        )  # fmt: skip
    return table


def asset_table(asset: Asset, region: Region) -> Table:
    """Every number of an asset with its source and confidence."""
    table = Table(title=f"{asset.id}: {asset.name.en} {asset.name.zh}", title_justify="left")
    for heading in ("field", "value", "unit", "range", "confidence", "source", "note", "file"):
        table.add_column(heading, overflow="fold", no_wrap=heading == "field")
    for name, fact in asset.facts.items():
        value = f"{_shown(fact.value)}{ASSUMED_MARK if fact.is_assumed else ''}"
        table.add_row(
            name, value, fact.unit, _range(fact), fact.confidence.value,
            "; ".join(_cited(key, region) for key in fact.sources), fact.note, f"{fact.file}:{fact.line}",
        )  # fmt: skip
    for name, plain in asset.plain.items():
        table.add_row(name, str(plain.value), "", "", "", "", "", f"{plain.mark.file}:{plain.mark.line}")
    evidence = asset.evidence
    said = "" if evidence is None else f"; {'; '.join(_cited(key, region) for key in evidence.sources)} {evidence.note}"
    table.caption = f"{asset.kind}, {asset.status.value} {asset.status.name_zh}, {asset.scope}, from {asset.in_service}{said}"
    return table


def asset_as_data(asset: Asset, region: Region) -> dict[str, Any]:
    """An asset as JSON can hold it."""
    return {
        "id": asset.id,
        "kind": asset.kind,
        "name": {"en": asset.name.en, "zh": asset.name.zh},
        "status": asset.status.value,
        "in_service": None if asset.in_service is None else asset.in_service.isoformat(),
        "scope": asset.scope,
        "facts": {
            name: {
                "value": fact.value,
                "unit": fact.unit,
                "confidence": fact.confidence.value,
                "sources": [_cited(key, region) for key in fact.sources],
                "range": fact.ends(),
                "note": fact.note,
                "file": fact.file,
                "line": fact.line,
            }
            for name, fact in asset.facts.items()
        },
        "references": {name: plain.value for name, plain in asset.plain.items()},
    }


def _shares(title: str, values: Mapping[str, float]) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column("")
    table.add_column("hm3/a", justify="right")
    for name, value in values.items():
        if value >= 0.05:
            table.add_row(name, f"{value:,.1f}")
    return table


def _towns(people: PeopleTarget) -> Table:
    table = Table(title="People by town", title_justify="left")
    for heading in ("town", "persons", "guarantee", "supplied", "whose"):
        table.add_column(heading, justify="right" if heading in ("persons", "guarantee") else "left")
    for town in people.towns:
        table.add_row(
            f"{town.name.en} {town.name.zh}", f"{town.persons:,.0f}", f"{town.guarantee_fraction:.1%}",
            "yes" if town.supplied else "no", "downstream" if town.downstream else "ours",
        )  # fmt: skip
    return table


def _mark(assumed: tuple[str, ...]) -> str:
    return ASSUMED_MARK if assumed else ""


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(_shown(part) for part in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _range(fact: Fact) -> str:
    ends = fact.ends()
    return "" if ends is None else f"{_shown(ends[0])} to {_shown(ends[1])}"


def _cited(key: str, region: Region) -> str:
    source = region.sources.get(key)
    if source is None:
        return key
    return ", ".join(part for part in (source.title, source.publisher, source.date, source.section) if part)
