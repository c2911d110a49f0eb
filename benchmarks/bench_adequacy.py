"""Adequacy of a scenario: how long the parts take, and what the windows save against the linear program of whole years.

Usage: python benchmarks/bench_adequacy.py [SCENARIO] [WEATHER_YEARS] [DRAWS] [WHOLE_YEARS]

Prints seconds of wall clock and of this process's own time for each part over WEATHER_YEARS x DRAWS member-years (default 20 x
5), and the peak memory; then the least unserved energy of WHOLE_YEARS members (default 4) by one linear program a year beside
that by windows.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from yuqian.assets.scenario import load_region
from yuqian.models.clock import Clock
from yuqian.optimise.adequacy import Classes
from yuqian.optimise.adequacy_case import AdequacyOptions, Case
from yuqian.optimise.adequacy_program import foreseen_mwh, programmed_mwh
from yuqian.optimise.capacity_credit import credit, largest_export
from yuqian.optimise.capacity_table import convolved
from yuqian.optimise.storage_dispatch import serve


@contextmanager
def timed(label: str) -> Iterator[None]:
    wall, own = time.perf_counter(), time.process_time()
    yield
    print(f"{label:44s} {time.perf_counter() - wall:7.2f} s, own {time.process_time() - own:7.2f} s", flush=True)


def main() -> None:
    scenario = sys.argv[1] if len(sys.argv) > 1 else "2030-plan"
    years, draws, whole = (int(sys.argv[k]) if len(sys.argv) > k else default for k, default in ((2, 20), (3, 5), (4, 4)))
    region = load_region(scenario)
    case = Case(region.kinds, Clock.of_year(region.year), AdequacyOptions(draws=draws))
    with timed(f"weather of the first batch, {len(case.parties)} assets"):
        case.check()
    with timed(f"{years * draws} member-years: weather left, outages"):
        members = case.members(years, Classes.KIND.labels(case))
    with timed("largest firm export"):
        largest = largest_export(members, 3.0)
    export = largest.mw or 0.0
    with timed("stores by the rule, once"):
        served = serve(members, export)
    with timed(f"with foresight, {len(list(served.open_windows()))} of {len(served.windows)} windows solved"):
        least = foreseen_mwh(members, served, export)
    with timed("convolution without stores"):
        exact = convolved(case, years, export)
    ruled = served.unserved_mw.sum() / members.count
    print(f"export {export:.0f} MW; EENS {ruled:.1f} MWh by the rule, {least.mean():.1f} with foresight; ", end="")
    print(f"without stores exactly {exact.eens_mwh.mean():.1f} MWh, {exact.lole_h.mean():.2f} h")
    for label in members.labels:
        with timed(f"capacity credit: {label}"):
            credit(members, label, [label], export)
    some = np.argsort(-served.unserved_mw.sum(axis=1), kind="stable")[:whole]
    few = replace(
        members, year=members.year[some], margin_mw=members.margin_mw[some], supply_mw={},
        stores=tuple(store if len(store.up) == 1 else replace(store, up=store.up[some]) for store in members.stores),
    )  # fmt: skip
    with timed(f"one linear program a year, {whole} worst members"):
        programs = programmed_mwh(few, export)
    print(f"largest difference {np.abs(programs - least[some]).max():.2e} MWh of up to {programs.max():.1f}")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


if __name__ == "__main__":
    main()
