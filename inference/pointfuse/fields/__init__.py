"""What comes out, and in which file.

day_status     whether a day has a field, and if not, why
daily_fields   the fields of some days, and what they were made from
cf             their variables in the terms of CF
cf_attributes  what a file of them is, and how it came to be
netcdf         CF netCDF
ioapi          I/O API, for CMAQ
geotiff        GeoTIFF, for GIS
writers        the list of these, with their suffixes
map_file       fields read back from a file
fused_fields   daily fields as users hold them: written, opened, shown
"""
