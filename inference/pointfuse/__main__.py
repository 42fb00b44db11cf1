"""`python -m pointfuse` is the command line."""

from pointfuse.cli import main

main(prog_name="pointfuse")
