"""What commands share.

inputs_and_outputs  what a command reads and writes; no output replaces an input
command_line        exit codes, signals and output of all commands
reading             options: how station files are read
running             options: how a model runs
placing             where fields are made
texts               printed summaries
"""
