"""`python -m pointfuse_training` is the command line; torchrun starts it so."""

from pointfuse_training.commands.main import main

main(prog_name="pointfuse-train")
