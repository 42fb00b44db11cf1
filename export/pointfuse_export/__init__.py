"""From a trained pointfuse network to one ONNX file."""
