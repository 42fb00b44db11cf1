"""Graphs inside the nodes of a graph, as the inverse has them."""

from __future__ import annotations

from collections.abc import Iterator

from onnx import GraphProto


def all_graphs(graph: GraphProto) -> Iterator[GraphProto]:
    """A graph, and those inside of it at any depth."""
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("g"):
                yield from all_graphs(attribute.g)
