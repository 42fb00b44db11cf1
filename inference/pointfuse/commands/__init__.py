"""What was typed: a module a command, and what commands share.

main             the group of commands
command_line     how every command ends
files            what is read and what is written, and that these are not the same
reading_options  which files are read, and how
running_options  how a model runs
texts            what is said of a run, of scores and of a model
fuse             station files to fields
crossval         how good that is
qc               which observations are suspect
plot             maps
convert          GeoTIFF
inspect          what a model says of itself
verify           whether a model computes what it should
doctor           whether this installation can fuse
"""
