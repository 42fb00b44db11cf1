"""Read, check and run model files.

json_block         typed JSON objects
error_correlation  how errors of a field go together
metadata           metadata of a model file
static_layers      height, land cover and lights in the model file
onnx_file          contents of an ONNX file, without onnx
model_file         reads and checks a model file
shipped            models in the package
precisions         precision of the file for a device
devices            available devices, and how to install them
nvidia             drivers and GPUs
engine_cache       cache of compiled engines
runtime_errors     what ONNX Runtime says when it fails
bound_run          runs with arrays in device memory
session            ONNX Runtime on a device
any_place          a model of any place on the grid of a domain
conditions         how a domain differs from all that a model was trained on
loading            loads a model
kernels            kernels of PointConv and their radius of influence
"""
