"""Version of the code; models have versions of their own."""

__version__ = "0.1.0"
