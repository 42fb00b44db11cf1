"""From the output of transport models to an archive of daily fields.

A format is a module that says whether a file is one of it, and where its records are; a new format
is one new module and one line in the table of `formats`. What is computed from them - the target,
relative humidity, wind speed - is the same for all and described in `quantities`.
"""

from pointfuse_training.archiving.conversion import convert, plan_conversion
from pointfuse_training.archiving.formats import open_output

__all__ = ["convert", "open_output", "plan_conversion"]
