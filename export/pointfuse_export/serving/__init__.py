"""Model files for servers.

triton_repository  a folder for NVIDIA Triton
"""
