"""`python -m pointfuse` is the command line."""

from pointfuse.commands.main import main

main(prog_name="pointfuse")
