"""The command line: one module per command, and what commands share.

main      the group of commands
shared    exit codes and signals, options, printed summaries
fuse      makes fields from station files
domain    chooses where fields are made
check     says what files are taken for
crossval  cross-validation
qc        lists suspect observations
config    settings file with options of commands
plot      maps
serve     answers over HTTP
convert   GeoTIFF
extract   values at places
regions   means over provinces, cities, catchments
members   fields that differ as a field may be wrong
index     air-quality index, and days above a level
inspect   metadata of a model
verify    computes a case with a known result
doctor    checks the installation
"""
