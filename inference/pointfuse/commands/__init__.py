"""The command line: one module per command, and what commands share.

main                the group of commands
command_line        exit codes, signals and output of all commands
inputs_and_outputs  what a command reads and writes; no output replaces an input
reading_options     options for reading station files
running_options     options for running a model
texts               printed summaries
fuse                makes fields from station files
crossval            cross-validation
qc                  lists suspect observations
plot                maps
convert             GeoTIFF
check               says what files are taken for
inspect             metadata of a model
verify              computes a case with a known result
doctor              checks the installation
"""
