"""How each kind of asset behaves, one file a kind, and the few laws that all share."""
