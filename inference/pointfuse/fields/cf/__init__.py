"""Variables, dimensions and attributes of fused fields as CF has them, for every format.

variable           a variable of a CF file
time_variables     variables that have a value a time
field_variables    cells, fields and their support
station_variables  stations, their values and flags
content            all of it, in the groups of a file
global_attributes  attributes of the file as a whole
"""
