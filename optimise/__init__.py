"""From a region and its series to answers."""
