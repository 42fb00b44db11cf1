"""Baselines for pointfuse: what else fills the map between stations, on the same folds."""
