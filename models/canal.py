"""Canal: a gravity canal, tunnel or pipe."""

from __future__ import annotations

from typing import ClassVar

from yuqian.models.conduit import Conduit
from yuqian.models.kind import Example
from yuqian.models.port import Port


class Canal(Conduit):
    """Carries water downhill without power."""

    title_en: ClassVar[str] = "Canal or gravity pipe"
    title_zh: ClassVar[str] = "输水渠道(自流)"
    catalogued: ClassVar[bool] = True

    @classmethod
    def example(cls) -> Example:
        asset = cls(
            id="canal", node_from="source", node_to="field", flow_max_m3_per_s=8.0, loss_of_inflow_fraction=0.1,
            cost_yuan_per_m3=0.05,
        )  # fmt: skip
        return Example(asset, ports=(Port.market("source", "m3_per_s", 1e4, 0.0), Port.market("field", "m3_per_s", 1e6, 5e5)))
