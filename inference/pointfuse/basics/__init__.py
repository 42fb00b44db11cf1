"""Small tools that know nothing of stations, grids and models."""
