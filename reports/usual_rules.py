"""The operating rules of a region where nobody gives others: the standard rule, in the region's order of water users."""

from __future__ import annotations

from yuqian.assets.region import Region
from yuqian.optimise.operating_rules import Rules


def usual_rules(region: Region) -> Rules:
    """Serve in full while there is water, the classes in the region's order."""
    return Rules(order=region.water.order)
