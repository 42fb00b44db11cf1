"""What an ONNX file holds, read without onnx.

protobuf        strict parser for protocol buffers
graph_checks    whether the graph holds together
onnx_structure  contents of a file
"""
