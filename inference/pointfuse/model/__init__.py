"""What is in a model file, and what runs it.

json_block      objects of JSON, read with their types
metadata        what a model says of itself
static_layers   height, land cover and lights, as the file holds them
protobuf        protocol buffers, read wholly or not at all
onnx_structure  what is in an ONNX file, read without ONNX
model_file      a file is read whole, and checked
shipped         the models that come with the package
precisions      which file of a model suits a device
devices         what there is to run on, and what lacks
nvidia          drivers and GPUs
engine_cache    where compiled engines are kept
bound_run       runs whose arrays stay on a device
session         ONNX Runtime on a device
process         the Gaussian process beside the network
loading         a model, ready to run
kernels         how much a station counts around it
"""
