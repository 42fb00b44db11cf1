"""What was typed: a module a command.

main    the command line; exports a model
days    simulated days from an archive
engine  engines, and a look at them
triton  a repository for Triton
world   the model of any place
"""
