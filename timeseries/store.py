"""Series on disk: NetCDF or Zarr, float32, with everything needed to make them again."""

from __future__ import annotations

import enum
import importlib.util
from pathlib import Path

import numpy as np
import xarray as xr

from yuqian.timeseries.series import Series, SeriesError


class StoreFormat(enum.Enum):
    """How series are stored; the value is the ending of the file's name."""

    NETCDF = ".nc"
    ZARR = ".zarr"


def format_of(path: Path) -> StoreFormat:
    """Format by the ending of a name.

    Raises:
        SeriesError: for another ending.
    """
    for kind in StoreFormat:
        if path.suffix == kind.value:
            return kind
    raise SeriesError(f"'{path.name}': series are stored as {' or '.join(kind.value for kind in StoreFormat)}")


def write(series: Series, path: Path) -> Path:
    """Write series as float32, with the fingerprint of the full numbers among the attributes.

    Raises:
        SeriesError: for an unknown ending, or Zarr where the package is not installed.
    """
    kind = format_of(path)
    dataset = series.dataset.assign_attrs(fingerprint=series.fingerprint, Conventions="CF-1.11")
    path.parent.mkdir(parents=True, exist_ok=True)
    if kind is StoreFormat.NETCDF:
        encoding = {str(name): {"dtype": "float32", "zlib": True, "complevel": 1} for name in dataset.data_vars}
        dataset.to_netcdf(path, engine="h5netcdf", encoding=encoding)
        return path
    if importlib.util.find_spec("zarr") is None:
        raise SeriesError("writing .zarr needs the package 'zarr'; install it, or write .nc")
    dataset.astype(np.float32).assign_attrs(dataset.attrs).to_zarr(path, mode="w", zarr_format=2, consolidated=True)
    return path


def read(path: Path) -> Series:
    """Read series that :func:`write` wrote.

    Raises:
        SeriesError: if there is no such file, or it holds no series.
    """
    kind = format_of(path)
    if not path.exists():
        raise SeriesError(f"there is no file {path}")
    if kind is StoreFormat.NETCDF:
        with xr.open_dataset(path, engine="h5netcdf") as opened:
            dataset = opened.load()
    else:
        if importlib.util.find_spec("zarr") is None:
            raise SeriesError("reading .zarr needs the package 'zarr'")
        dataset = xr.open_zarr(path, consolidated=True).load()
    lacking = [
        name for name in dataset.data_vars if f"asset_{name}" not in dataset.coords or "units" not in dataset[name].attrs
    ]
    if lacking or not dataset.data_vars:
        raise SeriesError(f"{path} holds no series of this package; without assets or units are {lacking}")
    return Series(dataset)
