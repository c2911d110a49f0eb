"""Adequacy for people and machines: a table, JSON, and a netCDF file of the member-years."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from rich.table import Table

from yuqian.assets.region import Region
from yuqian.assets.scenario import load_region
from yuqian.models.clock import Clock
from yuqian.optimise.adequacy import Assessment, Question, Tell, assess, by_member, means
from yuqian.optimise.adequacy_case import BATCH_YEARS, AdequacyOptions, Case
from yuqian.optimise.adequacy_indices import CONFIDENCE, Estimate, Indices
from yuqian.optimise.capacity_credit import Firm
from yuqian.reports.study import versions

MEMBER_UNITS = {
    "lost_h": "h", "lost_days": "day", "events": "1", "unserved_mwh": "MWh", "foreseen_mwh": "MWh", "largest_mw": "MW",
    "longest_h": "h",
}  # fmt: skip
NOT_MODELLED = (
    "one copper plate: no lines and no limit on export inside the region",
    "coal always in the yard, water always for cooling",
    "no commitment, ramps or minimum times: a machine that is up gives all it can",
    "hydro plants are not counted; works' pumps are no load",
    "stores begin full and are not limited in cycles",
    "imports count only for the assets that are named",
)


@dataclass(frozen=True)
class AdequacyReport:
    """An assessment of a scenario.

    Attributes:
        folder: where it is saved; None if it was not.
    """

    region: Region
    assessment: Assessment
    folder: Path | None = None

    @property
    def fingerprint(self) -> str:
        """sha256 over the catalogue, the question and the versions of what computes; the weather follows from the seed."""
        content = [self.region.fingerprint(), self._asked(), versions()]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    def _asked(self) -> dict[str, Any]:
        question, options = self.assessment.question, self.assessment.case.options
        return {
            "seed": options.seed,
            "draws": options.draws,
            "imports": sorted(options.imports),
            "out": dict(sorted(options.out.items())),
            "maintenance": options.maintenance.value,
            "stress": [overlay.name for overlay in options.stress],
            "weather_years": question.weather_years,
            "batch_years": BATCH_YEARS,
            "lole_max_h": question.lole_max_h,
            "export_mw": question.export_mw,
            "relative_error_max": question.relative_error_max,
            "foresight": question.foresight,
            "classes": question.classes.value,
            "risk": question.risk.value,
            "measure": question.measure.value,
        }

    def as_data(self) -> dict[str, Any]:
        """All of it, as JSON can hold it."""
        found = self.assessment
        exact = found.without_stores.exact
        return {
            "scenario": self.region.scenario,
            "year": self.region.year,
            "asked": self._asked(),
            "confidence": CONFIDENCE,
            "interval": "Student's t between weather years",
            "largest_export": {**_firm(found.largest), "lole_max_h": found.question.lole_max_h},
            "export_limit_mw": found.export_max_mw,
            "export_mw": found.export_mw,
            "local_load": _indices(found.local),
            "under_export": _indices(found.under_export),
            "without_stores": {
                "sampled_lole_h": _estimate(found.without_stores.sampled_lole_h),
                "sampled_eens_mwh": _estimate(found.without_stores.sampled_eens_mwh),
                "exact_lole_h": None if exact is None else means(exact)[0],
                "exact_eens_mwh": None if exact is None else means(exact)[1],
                "note": found.without_stores.note,
            },
            "capacity_credits": [
                {"class": each.label, "rated_mw": each.rated_mw, **_firm(each.credit), "fraction": each.fraction}
                for each in found.credits
            ],
            "convergence": [
                {
                    "weather_years": step.weather_years,
                    "member_years": step.members,
                    "export_mw": step.export_mw,
                    "lole_h": _estimate(step.lole_h),
                    "eens_mwh": _estimate(step.eens_mwh),
                    "relative_error": _plain(step.eens_mwh.relative_error),
                }
                for step in found.convergence
            ],
            "stopped": found.stopped,
            "not_counted": list(found.case.not_counted),
            "not_modelled": list(NOT_MODELLED),
            "assumed": self.assumed(),
            "fingerprint": self.fingerprint,
            "folder": None if self.folder is None else str(self.folder),
        }

    def assumed(self) -> list[str]:
        """Assumed numbers of the assets that bring something, as asset.field."""
        parties = set(self.assessment.case.kind_of)
        return [f"{asset.id}.{name}" for asset, name, _ in self.region.assumed_facts() if asset.id in parties]

    def dataset(self) -> xr.Dataset:
        """What each member-year came to, under the export."""
        found = self.assessment
        variables = {
            name: (("member",), values, {"units": MEMBER_UNITS[name]}) for name, values in by_member(found.results).items()
        }
        data = self.as_data()
        attributes = {
            "title": f"Adequacy of {self.region.scenario}, member-years under an export of {found.export_mw:.1f} MW",
            "fingerprint": self.fingerprint,
            "asked": json.dumps(data["asked"], sort_keys=True),
            "versions": json.dumps(versions(), sort_keys=True),
        }
        coords = {"weather_year": (("member",), found.results.year), "member": np.arange(len(found.results.year))}
        return xr.Dataset(variables, coords, attributes)

    def save(self, runs: Path) -> AdequacyReport:
        """Write ``adequacy.json`` and ``adequacy.nc`` under ``runs/<scenario>-adequacy-<fingerprint>/``."""
        folder = runs / f"{self.region.scenario}-adequacy-{self.fingerprint[:10]}"
        folder.mkdir(parents=True, exist_ok=True)
        saved = AdequacyReport(self.region, self.assessment, folder)
        content = {**saved.as_data(), "folder": folder.name, "versions": versions()}
        text = json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True)
        (folder / "adequacy.json").write_text(text + "\n", encoding="utf-8")
        saved.dataset().to_netcdf(folder / "adequacy.nc", engine="h5netcdf")
        return saved

    def tables(self) -> list[Table]:
        """For a terminal."""
        found = self.assessment
        table = Table(
            title=f"Adequacy of {self.region.scenario}, {found.under_export.members} member-years", title_justify="left"
        )
        table.add_column("")
        columns: Sequence[tuple[str, Indices]] = (
            ("local load", found.local), (f"with {found.export_mw:,.0f} MW export", found.under_export),
        )  # fmt: skip
        for heading, _ in columns:
            table.add_column(heading, justify="right")
        for label, cells in _rows([indices for _, indices in columns]):
            table.add_row(label, *cells)
        table.caption = (
            f"largest firm export with LOLE <= {found.question.lole_max_h:g} h: {_shown(found.largest)}; "
            f"all ways out together carry {found.export_max_mw:,.0f} MW; leans on {len(self.assumed())} assumed numbers"
        )
        return [table, *self._credits()]

    def _credits(self) -> list[Table]:
        found = self.assessment
        if not found.credits:
            return []
        title = f"Capacity credit at equal {found.question.risk.value.upper()}, {found.export_mw:,.0f} MW export"
        table = Table(title=title, title_justify="left")
        for heading, justify in (("class", "left"), ("at most, MW", "right"), ("firm, MW", "right"), ("share", "right")):
            table.add_column(heading, justify="right" if justify == "right" else "left")
        for each in found.credits:
            share = "" if each.fraction is None else f"{each.fraction:.1%}"
            table.add_row(each.label, f"{each.rated_mw:,.0f}", _shown(each.credit), share)
        return [table]


def report_adequacy(
    scenario: str | Path, overrides: Sequence[str], options: AdequacyOptions, question: Question, tell: Tell | None = None
) -> AdequacyReport:
    """Read a scenario and assess its adequacy over a standard year.

    Raises:
        CatalogueError: with everything that is wrong in all files.
        AdequacyError: for a case that cannot be assessed.
    """
    region = load_region(scenario, overrides)
    case = Case(region.kinds, Clock.of_year(region.year), options)
    return AdequacyReport(region, assess(case, question, tell))


def _rows(many: Sequence[Indices]) -> list[tuple[str, list[str]]]:
    def row(label: str, values: Sequence[str]) -> tuple[str, list[str]]:
        return label, list(values)

    rows = [
        row("LOLE, h/a", [_interval(i.lole_h) for i in many]),
        row("LOLE, days/a", [_interval(i.lole_days) for i in many]),
        row("LOLP", [f"{i.lolp:.2e}" for i in many]),
        row("EENS, MWh/a, by the rule", [_interval(i.eens_mwh) for i in many]),
    ]
    if all(i.eens_foreseen_mwh is not None for i in many):
        foreseen = [i.eens_foreseen_mwh for i in many if i.eens_foreseen_mwh is not None]
        rows.append(row("EENS, MWh/a, with foresight", [_interval(each) for each in foreseen]))
    return [
        *rows,
        row("events a year", [_interval(i.events) for i in many]),
        row("unserved in 95 % of years at most, MWh", [f"{i.unserved_quantiles_mwh[2]:,.0f}" for i in many]),
        row("largest shortfall, MW", [f"{i.largest_mw:,.0f}" for i in many]),
        row("mean and longest duration, h", [_durations(i) for i in many]),
    ]


def _durations(found: Indices) -> str:
    return f"{found.mean_duration_h:.1f}, {found.longest_h:.0f}" if found.longest_h else "none"


def _interval(estimate: Estimate) -> str:
    return f"{estimate.mean:,.3g} ({estimate.low:,.3g} to {estimate.high:,.3g})"


def _shown(firm: Firm) -> str:
    if firm.mw is None:
        return firm.note
    return f"{firm.mw:,.0f} ({firm.low:,.0f} to {firm.high:,.0f}) MW"


def _firm(firm: Firm) -> dict[str, Any]:
    return {"mw": firm.mw, "low_mw": _plain(firm.low), "high_mw": _plain(firm.high), "note": firm.note}


def _estimate(estimate: Estimate) -> dict[str, float | None]:
    return {
        "mean": estimate.mean,
        "standard_error": _plain(estimate.standard_error),
        "low": _plain(estimate.low),
        "high": _plain(estimate.high),
    }


def _indices(found: Indices) -> dict[str, Any]:
    fifty, ninety, ninety_five, ninety_nine = found.unserved_quantiles_mwh
    return {
        "lole_h": _estimate(found.lole_h),
        "lole_days": _estimate(found.lole_days),
        "lolp": found.lolp,
        "events": _estimate(found.events),
        "eens_mwh": _estimate(found.eens_mwh),
        "eens_foreseen_mwh": None if found.eens_foreseen_mwh is None else _estimate(found.eens_foreseen_mwh),
        "unserved_quantiles_mwh": {"0.5": fifty, "0.9": ninety, "0.95": ninety_five, "0.99": ninety_nine},
        "largest_mw": found.largest_mw,
        "longest_h": found.longest_h,
        "mean_duration_h": _plain(found.mean_duration_h),
        "member_years": found.members,
        "weather_years": found.years,
    }


def _plain(value: float) -> float | None:
    """JSON has neither NaN nor infinity."""
    return value if math.isfinite(value) else None
