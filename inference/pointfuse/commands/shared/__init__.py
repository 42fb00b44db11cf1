"""What commands share.

reading  options: how station files are read
running  options: how a model runs
placing  where fields are made
texts    printed summaries
"""
