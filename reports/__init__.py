"""From an answer to something a person reads or a machine compares."""
