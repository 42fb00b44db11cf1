"""What every measurement needs.

checkout      where things lie
machine       what numbers were measured on
machine_file  what was measured on a machine, a row a case
timings       calls repeated after a warm-up
memory        the most memory that a program has had
source_tree   `pointfuse fuse` of another source tree
energy        what a GPU takes
"""
