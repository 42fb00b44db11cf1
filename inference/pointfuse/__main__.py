"""Run the command line: `python -m pointfuse`."""

from pointfuse.commands.main import main

main(prog_name="pointfuse")
