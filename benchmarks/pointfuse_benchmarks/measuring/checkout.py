"""Where things lie in the checkout that the benchmarks are a part of."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[3]
DOCUMENTS = ROOT / "docs"
EXAMPLES = ROOT / "examples"
CHECKPOINT = ROOT / "models" / "pointfuse-china12.checkpoint.npz"
MACHINES = ROOT / "benchmarks" / "machines"
RESULTS = ROOT / "benchmarks" / "results"
