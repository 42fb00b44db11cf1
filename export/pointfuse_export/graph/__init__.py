"""From a network to an ONNX graph.

strided_conv     large kernels as ordinary convolutions
sweeps           inverses of matrices
sums             sums of covariances over the grid
onnx_graph       the network as a graph
inner_graphs     graphs inside a graph
regression_part  the nodes of RegrUnetPP
static_bytes     static layers in a byte a cell
strip            without notes of the machine that made it
stamp            the model's description of itself
"""
