"""How good a field is, and whether this machine computes it right."""
