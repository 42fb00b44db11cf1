"""The output of transport models, and an archive made of it.

A new format is one new module, and one line in the table of `formats`.

output_file  what every format tells of a file
ioapi_files  CMAQ and MCIP
wrf_files    WRF and WRF-Chem
cf_files     any model that writes CF
formats      the table of formats
humidity     relative humidity from what models write instead
quantities   what an archive holds, and what it is computed from
targets      the species that an archive is made for
daily_means  records to daily means
conversion   files to an archive
"""
