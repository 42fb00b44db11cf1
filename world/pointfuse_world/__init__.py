"""Terrain, land cover and lights of the whole Earth: data of pointfuse, which reads it."""
