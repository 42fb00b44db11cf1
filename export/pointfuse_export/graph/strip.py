"""Removal of what the exporter noted about the machine that it ran on."""

from __future__ import annotations

import ast
import tempfile
from collections import Counter
from pathlib import Path

import onnx

from pointfuse_export.errors import VerificationError
from pointfuse_export.graph.inner_graphs import all_graphs

_MODULE_PATHS = "pkg.torch.onnx.name_scopes"


def name_nodes(model: onnx.ModelProto) -> None:
    """Name every node after the module of the network it belongs to, for people and for tools.

    The last convolution of node 0_3 becomes ``regr_unetpp.nodes.0_3.conv2/Conv``; a module's
    second node of a kind gets ``_1``, and so on.
    """
    used: Counter[str] = Counter()
    for node in model.graph.node:
        noted = {entry.key: entry.value for entry in node.metadata_props}
        # Paths from the root inwards, and the traced operation itself at the end.
        *_, module, _ = ast.literal_eval(noted.get(_MODULE_PATHS, "['', '']"))
        name = f"{module}/{node.op_type}" if module else node.op_type
        node.name = f"{name}_{used[name]}" if used[name] else name
        used[name] += 1


def strip_build_traces(model: onnx.ModelProto) -> None:
    """Remove the metadata and comments of the exporter, which hold paths and stack traces."""
    model.ClearField("metadata_props")
    model.ClearField("doc_string")
    for graph in all_graphs(model.graph):
        parts = (graph.node, graph.initializer, graph.input, graph.output, graph.value_info)
        for part in (graph, *(item for items in parts for item in items)):
            part.ClearField("metadata_props")
            part.ClearField("doc_string")


def check_no_build_traces(model: onnx.ModelProto) -> None:
    """Make sure that nothing in a model tells of the machine that it was built on.

    Raises
    ------
    VerificationError
        If a path of this machine or the name of a Python file occurs in the model.
    """
    skeleton = onnx.ModelProto()
    skeleton.CopyFrom(model)
    # Among millions of bytes of weights, any few letters occur by chance.
    for tensor in skeleton.graph.initializer:
        tensor.ClearField("raw_data")
    content = skeleton.SerializeToString()
    packages = Path(onnx.__file__).parents[1]
    folders = (Path.cwd(), Path.home(), packages, Path(tempfile.gettempdir()))
    # A home or working folder at the root of the file system says nothing.
    traces = [str(folder) for folder in folders if folder != Path(folder.anchor)]
    for trace in (*traces, "site-packages", "/tmp/", ".py"):
        if trace.encode() in content:
            raise VerificationError(
                f"the model holds '{trace}', a trace of the machine it was built on; expected "
                "none, so strip it before the model is stamped"
            )
