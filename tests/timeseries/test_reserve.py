"""A flat reserve requirement."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np

from yuqian.models.reserve_requirement import ReserveRequirement
from yuqian.timeseries.reserve import Reserve


def test_requirement_is_the_same_in_every_hour() -> None:
    asset = ReserveRequirement(id="spinning", requirement_base_mw=120.0)
    context = cast(Any, SimpleNamespace(days=SimpleNamespace(hours=48)))
    assert Reserve().make(asset, context).tolist() == np.full(48, 120.0).tolist()
