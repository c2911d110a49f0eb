"""Reads a published case in whichever of the known formats it is."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path

from yuqian.assets.published_case import Case, MalformedCase
from yuqian.assets.read_egret import read_egret
from yuqian.assets.read_pglib import read_pglib
from yuqian.assets.read_pypsa import read_pypsa
from yuqian.models.commitment_law import Commitment

FORMATS = "an Egret or pglib-uc JSON file, a PyPSA NetCDF file, or a folder of PyPSA's CSV files"


def read_case(path: Path, commitment: Commitment = Commitment.INTEGER, allow: Collection[str] = ()) -> Case:
    """The case in a file or folder, by what it holds.

    Args:
        allow: fields to be left out knowingly.

    Raises:
        UnsupportedCase: listing all fields that our kinds cannot carry.
        MalformedCase: for what is no case, or holds numbers that are none.
    """
    if not path.exists():
        raise MalformedCase(f"{path}: there is no such file; a case is {FORMATS}")
    if path.is_dir() or path.suffix == ".nc":
        return read_pypsa(path, commitment, allow=allow)
    try:
        top = json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise MalformedCase(f"{path.name}: neither JSON ({error}) nor NetCDF; a case is {FORMATS}") from None
    if isinstance(top, dict) and {"elements", "system"} <= set(top):
        return read_egret(path, commitment, allow=allow)
    if isinstance(top, dict) and "thermal_generators" in top:
        return read_pglib(path, commitment, allow=allow)
    raise MalformedCase(f"{path.name}: JSON without 'elements' and 'system' or 'thermal_generators'; a case is {FORMATS}")
