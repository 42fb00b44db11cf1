"""Whether a model file can have anything run that the checks did not see.

files        model files made to deceive, by chance and by intent
examination  what the checks, the onnx package and ONNX Runtime see in them
"""
