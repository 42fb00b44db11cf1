"""Files in fewer bits.

half_precision  for GPUs
quantise        integers of 8 bits, for CPUs
"""
