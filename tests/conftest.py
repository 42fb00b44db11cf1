"""Checks that several packages' tests share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import hypothesis
import pytest
from compliance_checker.runner import CheckSuite, ComplianceChecker

# Machines that run tests are now and then busy, which says nothing of the code.
hypothesis.settings.register_profile("busy", deadline=None)
hypothesis.settings.load_profile("busy")


@pytest.fixture
def assert_cf_compliant(tmp_path: Path) -> Callable[[Path], None]:
    """Have an independent checker look at a file, strictly."""

    def check(file: Path) -> None:
        report = tmp_path / "compliance.txt"
        CheckSuite.load_all_available_checkers()
        passed, errors = ComplianceChecker.run_checker(
            str(file), ["cf:1.8"], 0, "strict", output_filename=str(report), output_format="text"
        )
        assert passed, report.read_text()
        assert not errors

    return check
