"""The command line: one module per command, and what commands share.

main             the group of commands
command_line     exit codes, signals and output of all commands
files            types of input and output files
reading_options  options for reading station files
running_options  options for running a model
texts            printed summaries
fuse             makes fields from station files
crossval         cross-validation
qc               lists suspect observations
plot             maps
convert          GeoTIFF
inspect          metadata of a model
verify           computes a case with a known result
doctor           checks the installation
"""
