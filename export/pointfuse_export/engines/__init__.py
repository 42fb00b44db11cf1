"""TensorRT engines.

engine_file      an engine behind a header that says what it is
engine_layers    its layers with their precision
matrix_products  products of matrices as sums
engine_build     an engine from a model file
"""
