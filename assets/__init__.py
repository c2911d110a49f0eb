"""What a region has: its catalogue with a source for every number, and scenarios as overlays."""
