"""The layers of an engine with their precision: as TensorRT was given them, and as it built them.

TensorRT shows what it built through an inspector, on a GPU. TensorRT for RTX has the inspector too,
but what it puts into an engine is a program that is compiled where it will run, written as text: it
can be read without a GPU. That text is no documented format. What is read here is what version 1.7
writes; where it is not found, nothing is claimed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pointfuse_export.engines.engine_file import Layer
from pointfuse_export.errors import EngineError, VerificationError
from pointfuse_export.graph.regression_part import names_regression

_PRECISIONS = {"float": "fp32", "fp32": "fp32", "half": "fp16", "fp16": "fp16"}
"""Our names of the types in which layers compute; others keep theirs."""

_CONVOLUTION = "convolution"

# A line of the program of TensorRT for RTX is a tensor or a step, with settings as `name=value`;
# lists of names are quoted, since there are braces in some.
_TENSOR = re.compile(r'\n  tensor=\{[^\n]* name="([^"]+)"[^\n]* type=(\w+)')
_STEP = re.compile(r'\n  (\w+)=\{[^\n]* layers="([^"]+)"[^\n]*')
_READ = re.compile(r' input(?:_args)?=\{ ?((?:"[^"]*" ?)*)\}')
_WRITTEN = re.compile(r' output(?:_args)?=\{ ?((?:"[^"]*" ?)*)\}')
_NODE = re.compile(r"\[ONNX Layer: ([^\]]+)\]")
_TARGETS = re.compile(r"\n  accelerators=\{((?:sm\d+ )+)\}")
_TF32 = re.compile(r"\n  tf32=(\d)")


@dataclass(frozen=True)
class Program:
    """What an engine of TensorRT for RTX says of itself.

    Parameters
    ----------
    targets : tuple of str
        Compute capabilities of the GPUs that it may be compiled for.
    tf32 : bool
        Whether convolutions in fp32 may round their input to 10 bits.
    layers : tuple of Layer
        Its steps; the name of each is that of the ONNX nodes in it, joined by `` + ``.
    """

    targets: tuple[str, ...]
    tf32: bool
    layers: tuple[Layer, ...]


def given_layers(network: Any) -> tuple[Layer, ...]:
    """Layers of a network definition, as TensorRT is given them."""
    layers = (network.get_layer(i) for i in range(network.num_layers))
    return tuple(
        Layer(layer.name, layer.type.name.lower(), _precision(layer.get_output(0).dtype.name))
        for layer in layers
        # The end of a loop gives nothing.
        if layer.num_outputs
    )


def read_program(engine: bytes) -> Program | None:
    """The program inside an engine of TensorRT for RTX; None if there is none that can be read."""
    text = engine.decode("latin-1")
    targets, tf32 = _TARGETS.search(text), _TF32.search(text)
    types = dict(_TENSOR.findall(text))
    layers = tuple(_step_layer(step, types) for step in _STEP.finditer(text))
    if targets is None or tf32 is None or not layers:
        return None
    return Program(
        targets=tuple(f"{name[2:-1]}.{name[-1]}" for name in targets[1].split()),
        tf32=tf32[1] != "0",
        layers=layers,
    )


def _step_layer(step: re.Match[str], types: dict[str, str]) -> Layer:
    kind, line = step[1], step[0]
    if kind == "corrltn" or " backbone=conv" in line:
        kind = _CONVOLUTION
    lists = (pattern.search(line) for pattern in (_READ, _WRITTEN))
    names = (name for found in lists if found for name in re.findall(r'"([^"]+)"', found[1]))
    known = [types[name] for name in names if name in types]
    # A convolution reads its data first; others may read sizes and places before.
    floating = (type_ for type_ in known if type_ in _PRECISIONS)
    precision = next(floating, known[0] if known else "unknown")
    return Layer(" + ".join(_NODE.findall(step[2])), kind, _precision(precision))


def inspected_layers(library: Any, log: Any, engine: bytes) -> tuple[Layer, ...]:
    """Layers of an engine by the library's inspector, which takes a GPU.

    The engine is run, so it must be one that was built here and now.

    Raises
    ------
    EngineError
        If the library cannot load the engine.
    """
    loaded = library.Runtime(log).deserialize_cuda_engine(engine)
    if loaded is None:
        raise EngineError(f"{library.__name__} cannot load the engine that it built: {log.told()}")
    inspector = loaded.create_engine_inspector()
    text = inspector.get_engine_information(library.LayerInformationFormat.JSON)
    return tuple(_inspected(layer) for layer in json.loads(text)["Layers"])


def _inspected(layer: dict[str, Any]) -> Layer:
    """A layer in the inspector's words, those of TensorRT 10 or of 11."""
    nodes = _NODE.findall(layer.get("Metadata", ""))
    kind = layer["LayerType"].lower()
    tensors = [*layer["Inputs"], *layer["Outputs"]]
    told = tensors[0].get("DataType") or tensors[0]["Format/Datatype"] if tensors else ""
    known = (word for word in re.findall(r"\w+", told) if word.lower() in _PRECISIONS)
    return Layer(
        " + ".join(nodes) or layer["Name"],
        _CONVOLUTION if "conv" in kind else kind,
        _precision(next(known, told)),
    )


def check_layers(layers: Iterable[Layer], precision: str) -> None:
    """Make sure that every convolution computes in what the precision of the model promises.

    Parameters
    ----------
    layers : iterable of Layer
        Layers of a network or an engine.
    precision : str
        ``fp32``, or ``fp16`` for RegrUnetPP in half and everything else in single precision.

    Raises
    ------
    VerificationError
        If one does not, or there is none.
    """
    convolutions = [layer for layer in layers if layer.kind == _CONVOLUTION]
    if not any(names_regression(layer.name) for layer in convolutions):
        raise VerificationError(
            f"expected convolutions of RegrUnetPP among the layers, got {_names(convolutions)}; "
            "engines are built from models of pointfuse-export alone"
        )
    wrong = [
        layer
        for layer in convolutions
        if layer.precision != (precision if names_regression(layer.name) else "fp32")
    ]
    if wrong:
        raise VerificationError(
            f"a model in {precision} should have {precision} in RegrUnetPP and fp32 elsewhere, got "
            f"{wrong[0].precision} in {_names(wrong)}; export the model again"
        )


def _names(layers: Sequence[Layer]) -> str:
    return ", ".join(layer.name for layer in layers) or "none"


def _precision(kind: str) -> str:
    return _PRECISIONS.get(kind.lower(), kind.lower())
