"""Data files: every number has a source, and wrong files are refused."""

from __future__ import annotations

import importlib.resources

import pytest

from yuqian.timeseries import tables as module
from yuqian.timeseries.tables import TableError, tables

WITH_TABLES = ("climate", "wind", "load", "price", "river", "water_demand", "power_curves", "sun", "forecast")


@pytest.mark.parametrize("name", WITH_TABLES)
def test_every_table_has_source_and_range(name: str) -> None:
    found = tables(name)
    for key, table in found.tables.items():
        assert table.sources, key
        if table.confidence == "assumed":
            assert table.range is not None
            low, high = table.range
            assert low <= high, key
            assert table.value.min() >= low - 1e-9, key
            assert table.value.max() <= high + 1e-9, key


def test_no_data_file_is_forgotten() -> None:
    names = {file.name for file in importlib.resources.files("yuqian.timeseries").joinpath("data").iterdir()}
    others = {"calibration.yaml", "measured.yaml"} | {name for name in names if name.startswith("stress_")}
    assert names == {f"{name}.yaml" for name in WITH_TABLES} | others


def test_unknown_table_is_refused_with_those_there_are() -> None:
    with pytest.raises(TableError, match=r"no table 'warmth'.*temperature_c"):
        tables("climate").numbers("warmth")
    with pytest.raises(TableError, match=r"no data file 'nothing\.yaml'"):
        tables("nothing")


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"value": 1.0, "source": "x", "confidence": "public"}, "cites"),
        ({"value": 1.0, "source": "s", "confidence": "sure"}, "confidence 'sure'"),
        ({"value": 1.0, "source": "s", "confidence": "assumed"}, "must give a range"),
        ({"value": [1.0, float("nan")], "source": "s", "confidence": "public"}, "finite"),
        ({"value": 1.0, "source": "s", "confidence": "public", "unit": "m"}, "unknown fields"),
    ],
)
def test_wrong_entries_are_refused(entry: dict[str, object], said: str) -> None:
    with pytest.raises(TableError, match=said):
        module._table("file", "key", entry, {"s": {}})
