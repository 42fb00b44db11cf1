"""Options that commands share.

reading  how station files are read
running  how a model runs
placing  where fields are made
"""
