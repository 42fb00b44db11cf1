"""Where on Earth a field is made, for a model of any place.

world_layers       terrain, land and lights of the whole Earth: the package pointfuse-world
static_input       what a model is told of each cell of a grid
domain             a grid with a name, and its file
projection_choice  the projection that suits a part of the Earth
extents            the part of the Earth: of a country, a box, a circle, of stations
new_domain         a domain for an extent
"""
