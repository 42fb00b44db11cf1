"""The same network in other runtimes: what each takes for the example day, and what comes out.

Each gets the same arrays and gives an array, so that copies to and from a GPU are in the time; the
computation alone is measured beside it where it can be told apart. All compute in the precision
that they say: no TF32, no bf16.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pointfuse.errors import DeviceError, PointfuseError
from pointfuse.model.metadata import ModelMetadata
from pointfuse.model.model_file import read_model_file
from pointfuse.model.precisions import REFERENCE
from pointfuse.model.session import Program, Session, open_session
from pointfuse_benchmarks.measuring.timings import timed
from pointfuse_benchmarks.speed.workload import PRECISIONS, suited_files
from pointfuse_export.files.description import read_description
from pointfuse_export.files.pipeline import read_network
from pointfuse_export.graph.onnx_graph import inference_network
from pointfuse_training.fitting.provenance import weights_sha256
from pointfuse_training.network.variants import field_of

Feed = Mapping[str, NDArray[np.float32]]
Field = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Peer:
    """Something that makes a field of the example day.

    Parameters
    ----------
    name, device, precision : str
        What it is, where it runs, and how it computes.
    version : str
        Its versions.
    call : callable
        Makes the field, shape (row, column), from arrays in the memory of the processor.
    compute : callable, optional
        The computation without copies.
    facts : mapping
        What else its row says.
    """

    name: str
    device: str
    precision: str
    version: str
    call: Callable[[], Field]
    compute: Callable[[], object] | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Absent:
    """Something that cannot run here.

    Parameters
    ----------
    name, reason : str
        What, and why.
    """

    name: str
    reason: str


def network_runtimes(models: Mapping[str, Path], feed: Feed, threads: int) -> list[Peer | Absent]:
    """The network in all runtimes, on all devices of this machine.

    Parameters
    ----------
    models : mapping of str to Path
        Model files by precision, the reference first.
    feed : mapping of str to ndarray of float32, shape (1, variable, row, column)
        The inputs.
    threads : int
        Threads of the processor.
    """
    return [
        *_onnxruntime(models, feed, threads),
        *_openvino(models, feed, threads),
        *_torch(models, feed, threads),
    ]


def _onnxruntime(models: Mapping[str, Path], feed: Feed, threads: int) -> Iterator[Peer | Absent]:
    import onnxruntime

    name = "ONNX Runtime"
    for device, precision, path in suited_files(models):
        content, metadata, sha256 = read_model_file(path)
        program = Program(content, sha256, precision, (metadata.target.name,))
        try:
            session = open_session(program, device, threads)
        except PointfuseError as error:
            yield Absent(f"{name}, {device}, {precision}", str(error))
            continue
        yield Peer(
            name,
            device,
            precision,
            f"onnxruntime {onnxruntime.__version__}",
            functools.partial(_run, session, feed),
            _computation(session, feed),
            {"provider": session.provider, "model_sha256": sha256},
        )


def _run(session: Session, feed: Feed) -> Field:
    field: Field = session.run(feed)[0][0, 0]
    return field


def _computation(session: Session, feed: Feed) -> Callable[[], object] | None:
    if session.device not in ("cuda", "tensorrt"):
        return None
    bound = session.bound()
    bound.upload(feed)
    return bound.compute


def _openvino(models: Mapping[str, Path], feed: Feed, threads: int) -> Iterator[Peer | Absent]:
    name = "OpenVINO"
    try:
        import openvino
    except ImportError:
        yield Absent(name, "it is not installed: pip install openvino")
        return
    core = openvino.Core()
    settings = {
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": 1,
        "PERFORMANCE_HINT": "LATENCY",
        # Else it takes bf16 where the processor has it, without a word.
        "INFERENCE_PRECISION_HINT": "f32",
    }
    for precision in PRECISIONS["cpu"]:
        if precision not in models:
            continue
        content, metadata, sha256 = read_model_file(models[precision])
        try:
            model = core.read_model(content)
        except RuntimeError as error:
            # Its last line is the shortest; the loops of the interpolation are not all known to it.
            reason = str(error).strip().splitlines()[-1].removeprefix("-- ")
            yield Absent(f"{name}, cpu, {precision}", f"it cannot read the file: {reason}")
            continue
        model.reshape({given: [1, *feed[given.any_name].shape[1:]] for given in model.inputs})
        # The other output is not wanted, and should take no time here either.
        model = openvino.Model([model.output(metadata.target.name)], model.get_parameters())
        request = core.compile_model(model, "CPU", settings).create_infer_request()
        yield Peer(
            name,
            "cpu",
            precision,
            f"openvino {version('openvino')}",
            functools.partial(_infer, request, feed),
            facts={"model_sha256": sha256},
        )


def _infer(request: Any, feed: Feed) -> Field:
    request.infer(dict(feed), share_inputs=True)
    return np.array(request.get_output_tensor(0).data[0, 0])


class _TorchModule:
    """A network in PyTorch on a device; half precision is what autocast makes of it."""

    def __init__(self, module: Any, device: str, precision: str, feed: Feed) -> None:
        import torch

        self.module, self.device, self.half = module, device, precision == "fp16"
        self.given = [torch.from_numpy(feed[name]) for name in ("observations", "observed")]
        self.resident = [tensor.to(device) for tensor in self.given]

    def call(self) -> Field:
        """The field, with copies to the device and back."""
        output = field_of(self._run([tensor.to(self.device) for tensor in self.given]))
        field: Field = output.float().cpu().numpy()[0, 0].copy()
        return field

    def compute(self) -> None:
        """The computation alone."""
        import torch

        self._run(self.resident)
        torch.cuda.synchronize()

    def _run(self, inputs: list[Any]) -> Any:
        import torch

        with torch.inference_mode(), torch.autocast(self.device, torch.float16, enabled=self.half):
            output = self.module(*inputs)
        # The published network gives a field alone, others the scale of its error too.
        return output[0] if isinstance(output, tuple) else output


def _torch(models: Mapping[str, Path], feed: Feed, threads: int) -> Iterator[Peer | Absent]:
    reference = models[REFERENCE]
    try:
        import torch

        network = _same_network(reference, read_model_file(reference)[1])
    except (ImportError, PointfuseError) as error:
        yield Absent("PyTorch", str(error))
        return
    torch.set_num_threads(threads)
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
    cases = [("eager", "cpu", "fp32"), ("compiled", "cpu", "fp32")]
    if torch.cuda.is_available():
        cases += [("eager", "cuda", "fp32"), ("compiled", "cuda", "fp32")]
        cases.append(("compiled", "cuda", "fp16"))
    for kind, device, precision in cases:
        placed = copy.deepcopy(network).to(device)
        module = torch.compile(placed) if kind == "compiled" else placed
        running = _TorchModule(module, device, precision, feed)
        facts = {}
        if kind == "compiled":
            try:
                facts["compilation_s"] = round(timed(running.call), 1)
            except Exception as error:  # those of the compiler have no base in common
                reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
                yield Absent(f"PyTorch, compiled, {device}, {precision}", reason)
                continue
        yield Peer(
            f"PyTorch, {kind}",
            device,
            precision,
            f"torch {torch.__version__}",
            running.call,
            running.compute if device == "cuda" else None,
            facts,
        )


def _same_network(model: Path, metadata: ModelMetadata) -> Any:
    """The network of a model file in PyTorch, as it is exported, from its description beside it.

    Raises
    ------
    DeviceError
        If the description's weights are not those of the file.
    """
    network, _ = read_network(read_description(model.with_suffix(".toml")))
    if weights_sha256(network) != metadata.weights_sha256:
        raise DeviceError(
            f"the weights that {model.stem}.toml names are not those of {model.name}; export the "
            "model again"
        )
    return inference_network(network)
