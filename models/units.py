"""Units: what a name's ending means, and the only conversion factors of the repository.

A number's name ends in its unit (``power_max_mw``, ``storage_hm3``). :func:`unit_of` reads the ending back, so that tables,
files and messages can show the unit without anybody writing it twice.
"""

from __future__ import annotations

from typing import Final

MINUTES_PER_HOUR: Final = 60
HOURS_PER_DAY: Final = 24
SECONDS_PER_HOUR: Final = 3600.0
SECONDS_PER_DAY: Final = 86_400.0
DAYS_PER_YEAR: Final = 365.0
HOURS_PER_YEAR: Final = 8760.0

M3_PER_HM3: Final = 1e6
LITRES_PER_M3: Final = 1000.0
KWH_PER_MWH: Final = 1000.0
MWH_PER_GWH: Final = 1000.0
GCE_PER_TCE: Final = 1e6
"""Grams of standard coal in a tonne of it."""

HM3_PER_M3_PER_S_HOUR: Final = SECONDS_PER_HOUR / M3_PER_HM3
"""Volume of one m3/s kept up for an hour, hm3."""
MW_PER_M3_PER_S_M: Final = 9.81e-3
"""Power of one m3/s falling one metre without loss: density 1000 kg/m3 times 9.81 m/s2, MW."""
M3_PER_S_PER_MM_PER_DAY_KM2: Final = 1000.0 / SECONDS_PER_DAY
"""Flow of one millimetre a day over one square kilometre, m3/s."""
BASE_MVA: Final = 100.0
"""Base of every reactance and resistance in per unit."""
M2_PER_MU: Final = 2000.0 / 3.0
"""Square metres in a mu (亩)."""

_PER: Final = {
    "s": "s",
    "h": "h",
    "day": "day",
    "year": "year",
    "c": "degC",
    "mw": "MW",
    "mwh": "MWh",
    "t": "t",
    "m3": "m3",
    "mu": "mu",
    "kwh": "kWh",
    "tce": "tce",
    "person": "person",
    "unit": "unit",
    "m": "m",
}
_QUANTITY: Final = {
    "fraction": "1",
    "count": "1",
    "mw": "MW",
    "kw": "kW",
    "mwh": "MWh",
    "gwh": "GWh",
    "kwh": "kWh",
    "kv": "kV",
    "h": "h",
    "days": "day",
    "hm3": "hm3",
    "m3": "m3",
    "mm": "mm",
    "m": "m",
    "km": "km",
    "km2": "km2",
    "mu": "mu",
    "t": "t",
    "tce": "tce",
    "gce": "gce",
    "yuan": "yuan",
    "l": "L",
    "kg": "kg",
    "deg": "deg",
    "c": "degC",
    "persons": "persons",
    "trains": "trains",
    "year": "year",
    "share": "1",
    "shape": "1",
    "ratio": "1",
    "pu": "1",
    "min": "1",
    "max": "1",
    "h_per_year": "h/year",
}
_FIXED: Final = {
    "m3_per_s": "m3/s",
    "mw_per_m3_per_s": "MW/(m3/s)",
    "mw_per_hm3": "MW/hm3",
    "km2_per_hm3": "km2/hm3",
    "m_per_s": "m/s",
    "t_per_h": "t/h",
    "l_per_person_day": "L/(person day)",
    "yuan_per_m3_day": "yuan/(m3 day)",
    "kg_per_m3": "kg/m3",
    "m3_per_mu_year": "m3/(mu year)",
    "mm_per_year": "mm/year",
    "mm_per_day": "mm/day",
    "max_per_day": "1/day",
    "share_per_c": "1/degC",
    "coefficient_per_c": "1/degC",
    "fraction_per_c": "1/degC",
    "fraction_per_h": "1/h",
    "fraction_per_year": "1/year",
}


def unit_of(name: str) -> str:
    """Unit that the name of a number ends in, in CF spelling where there is one.

    ``unit_of("release_m3_per_s") == "m3/s"``, ``unit_of("efficiency_fraction") == "1"``.

    Raises:
        ValueError: if the name ends in no known unit.
    """
    for ending in ("base_year",):
        if name == ending:
            return "year"
    if name.endswith("days_of_cover_min"):
        return "day"
    words = name.split("_")
    for length in range(min(5, len(words)), 0, -1):
        found = _read_ending("_".join(words[-length:]))
        if found is not None and words[-length - 1 : -length] != ["per"]:
            return found
    raise ValueError(f"the name '{name}' ends in no known unit")


def _read_ending(ending: str) -> str | None:
    if ending in _FIXED:
        return _FIXED[ending]
    if "_per_" in ending:
        above, _, below = ending.partition("_per_")
        if above in _QUANTITY and below in _PER:
            return f"{_QUANTITY[above]}/{_PER[below]}"
        return None
    return _QUANTITY.get(ending)
