"""The ecological rule of a place is whole, or refused."""

from __future__ import annotations

from typing import Any

import pytest

from yuqian.models.control_section import ControlSection
from yuqian.models.reservoir import Reservoir

PLACES = [Reservoir.example().asset, ControlSection.example().asset]


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.kind_name())
@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"ecological_rule": "stated"}, "must be one flow or 12 by month .* got 0"),
        ({"ecological_rule": "stated", "ecological_stated_m3_per_s": (1.0, 2.0)}, "got 2"),
        ({"ecological_stated_m3_per_s": (1.0,)}, "read by the rule 'stated' alone; ecological_rule is 'tennant'"),
        ({"ecological_wet_start": "05-01", "ecological_wet_end": "05-01"}, "another day"),
        ({"ecological_wet_start": "5-1"}, "pattern"),
    ],
)
def test_half_a_rule_is_refused(place: Any, fields: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        type(place)(**{**place.model_dump(), **fields})


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.kind_name())
@pytest.mark.parametrize("stated", [(2.0,), tuple(float(k) for k in range(12))])
def test_a_whole_rule_is_taken(place: Any, stated: tuple[float, ...]) -> None:
    given = {"ecological_rule": "stated", "ecological_stated_m3_per_s": stated}
    assert type(place)(**{**place.model_dump(), **given}).ecological_stated_m3_per_s == stated
