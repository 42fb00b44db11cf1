"""Files and tables that are to be read.

sources         files, patterns of file names, tables in memory
pieces          large text files in pieces of one day each
remarks         what is odd about a file that can be read
only_pollutant  which pollutant files are of
left_out        files that are left out of a run
"""
