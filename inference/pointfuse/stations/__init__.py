"""What is read, what is thrown out, and where it falls.

observations  values of stations by time, and where they are from
merging       values to means, hours to days, parts to one table
daily_table   what readers found to one checked table of daily means
tables        from the bytes of a file to cells, names of columns and places
readers       a module a format, and what they share
sources       what is read: files, patterns of their names, tables in memory
left_out      files that a run goes without
reading       files to observations
quality       which observations are suspect, and why
pieces        large text files in pieces of a day each
spool         files of any number of days, sorted by week on disk
places        which stations are instruments in one place
day_hours     of which hours of a day its means are
gridding      which station falls into which cell
"""
