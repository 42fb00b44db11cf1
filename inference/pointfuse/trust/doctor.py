"""Check the installation: versions, devices, model files, golden case."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field

from pointfuse.basics.dot_products import has_integer_dot_products
from pointfuse.basics.threads.processors import allowed_cpus, cpu_quota, usable_cpus
from pointfuse.errors import DeviceError, PointfuseError
from pointfuse.model.devices import (
    PROVIDERS,
    UNINSTALL,
    Device,
    DeviceChoice,
    both_runtimes,
    cuda_version,
    installed_wheels,
    missing,
)
from pointfuse.model.engine_cache import cache_state
from pointfuse.model.model_file import read_model_file
from pointfuse.model.nvidia import driver_problem, driver_version, gpus
from pointfuse.model.precisions import PrecisionChoice
from pointfuse.model.shipped import model_folder, shipped_models
from pointfuse.trust.verification import verify
from pointfuse.version import __version__

GOOD, ABSENT, BAD = "ok", "-", "FAIL"
"""States of a finding: fit for use, not there and not needed, and not fit for use."""

_PACKAGES = ("numpy", "netCDF4", "click")


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Parameters
    ----------
    part, name : str
        Part of the installation, and what it is.
    text : str
        What was found; for what is bad or absent, with the remedy.
    state : str
        `GOOD`, `ABSENT` or `BAD`.
    facts : mapping
        The same for programs, in JSON types.
    """

    part: str
    name: str
    text: str
    state: str = GOOD
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Examination:
    """All that was looked at.

    Parameters
    ----------
    findings : tuple of Finding
        In the order in which they build on each other.
    error : PointfuseError or None
        With what the command ends; None if the installation is fit for use.
    """

    findings: tuple[Finding, ...]
    error: PointfuseError | None

    @property
    def text(self) -> str:
        """The findings for people, under the names of the parts; remedies on lines of their own."""
        width = max(len(finding.name) for finding in self.findings)
        margin = " " * (width + 10)
        lines, part = [], None
        for finding in self.findings:
            if finding.part != part:
                part = finding.part
                lines.append(part)
            text = finding.text.replace("; ", f";\n{margin}")
            lines.append(f"  {finding.state:<4}  {finding.name:<{width}}  {text}")
        return "\n".join(lines)

    def to_dict(self) -> dict[str, object]:
        """The findings as JSON types."""
        return {
            "good": self.error is None,
            "problems": [
                f"{found.name}: {found.text}" for found in self.findings if found.state == BAD
            ],
            "findings": [asdict(finding) for finding in self.findings],
        }


def examine(
    device: DeviceChoice = "auto", precision: PrecisionChoice = "auto", threads: int | None = None
) -> Examination:
    """Look at the installation, and run the golden case of the shipped model.

    Parameters
    ----------
    device, precision, threads
        As `pointfuse.load_model`.
    """
    findings = [*_installation(), *_machine(threads)]
    if any("providers" in finding.facts for finding in findings):
        findings += [_device(name) for name in PROVIDERS]
        findings.append(_engines())
    findings += _models()
    test, error = _self_test(device, precision, threads)
    findings.append(test)
    if error is None and any(finding.state == BAD for finding in findings):
        error = PointfuseError("this installation is not fit for use; see what failed above")
    return Examination(tuple(findings), error)


def _installation() -> Iterator[Finding]:
    part = "installation"
    yield Finding(part, "pointfuse", __version__, facts={"version": __version__})
    yield Finding(
        part,
        "python",
        f"{platform.python_version()} on {platform.platform()}",
        facts={"version": platform.python_version(), "platform": platform.platform()},
    )
    for name in _PACKAGES:
        try:
            version = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            yield Finding(part, name, f"not installed; pip install {name}", BAD)
        else:
            yield Finding(part, name, version, facts={"version": version})
    yield _runtime(part)


def _runtime(part: str) -> Finding:
    """ONNX Runtime, whose CPU and GPU wheels install the same module over each other."""
    name, wheels = "onnxruntime", installed_wheels()
    try:
        import onnxruntime

        version, providers = onnxruntime.__version__, onnxruntime.get_available_providers()
    # What a half-finished uninstall leaves can be imported and is empty.
    except (ImportError, AttributeError) as error:
        text = f"cannot be imported ({error}); pip install --force-reinstall onnxruntime"
        return Finding(part, name, text, BAD, {"wheels": wheels})
    facts = {
        "version": version,
        "cuda": cuda_version(),
        "providers": providers,
        "wheels": wheels,
    }
    if both := both_runtimes():
        return Finding(part, name, f"{both}; {UNINSTALL}, then install one of them", BAD, facts)
    named = ", ".join(f"{wheel} {number}" for wheel, number in wheels.items()) or "no wheel"
    built = f" for CUDA {cuda_version()}" if cuda_version() else ""
    return Finding(
        part, name, f"{version}{built} ({named}), with {', '.join(providers)}", GOOD, facts
    )


def _machine(threads: int | None) -> Iterator[Finding]:
    part, allowed, quota = "machine", allowed_cpus(), cpu_quota()
    used = threads or usable_cpus()
    limit = "no limit of a control group" if quota is None else f"control group grants {quota:g}"
    integers = has_integer_dot_products()
    yield Finding(
        part,
        "processors",
        f"{allowed} allowed, {limit}; {used} {'thread' if used == 1 else 'threads'}, "
        f"{'with' if integers else 'no'} instructions for int8",
        facts={
            "allowed": allowed,
            "quota": quota,
            "threads": used,
            "integer_dot_products": integers,
        },
    )
    found = gpus()
    facts = {
        "driver": driver_version(),
        "gpus": [asdict(gpu) for gpu in found],
    }
    if problem := driver_problem():
        yield Finding(part, "GPU", f"no NVIDIA driver ({problem})", ABSENT, facts)
    elif not found:
        yield Finding(part, "GPU", f"none, with NVIDIA's driver {driver_version()}", ABSENT, facts)
    else:
        named = ", ".join(f"{gpu.name} ({gpu.compute_capability})" for gpu in found)
        yield Finding(part, "GPU", f"{named}, driver {driver_version()}", GOOD, facts)


def _device(name: Device) -> Finding:
    problem = missing(name)
    facts = {"provider": PROVIDERS[name], "usable": problem is None, "missing": problem}
    if problem:
        return Finding("devices", name, problem, ABSENT, facts)
    return Finding("devices", name, PROVIDERS[name], GOOD, facts)


def _engines() -> Finding:
    state = cache_state()
    text = f"{state.engines} compiled, {state.bytes / 1e6:.0f} MB, in {state.folder}"
    if not state.engines:
        return Finding("devices", "engine cache", f"empty, {state.folder}", ABSENT, asdict(state))
    return Finding("devices", "engine cache", text, GOOD, asdict(state))


def _models() -> Iterator[Finding]:
    """Every shipped file, checked to the bit."""
    part = "models"
    try:
        entries = shipped_models()
    except PointfuseError as error:
        yield Finding(part, "manifest.json", str(error), BAD)
        return
    for entry in entries:
        facts = asdict(entry)
        try:
            read_model_file(model_folder() / entry.file)
        except PointfuseError as error:
            yield Finding(part, entry.file, str(error), BAD, facts)
            continue
        text = f"{entry.version}, {entry.precision}, sha256 {entry.sha256}"
        yield Finding(part, entry.file, text, GOOD, facts)


def _self_test(
    device: DeviceChoice, precision: PrecisionChoice, threads: int | None
) -> tuple[Finding, PointfuseError | None]:
    """The golden case on the device, and what ends the command if that cannot be used."""
    part, name = "self-test", "golden case"
    try:
        result = verify(device=device, precision=precision, threads=threads)
    except DeviceError as error:
        return Finding(part, name, "not run, see below", BAD), error
    except (PointfuseError, ImportError, AttributeError) as error:
        return Finding(part, name, f"not run: {error}", BAD), None
    text = "; ".join([result.text, *result.problems])
    state = BAD if result.problems else GOOD
    return Finding(part, name, text, state, result.to_dict()), None
