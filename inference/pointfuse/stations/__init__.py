"""Read observations, check them, and assign them to cells.

observations  table of values by time and station
merging       values to means, hours to days, parts to one table
daily_table   one checked table of daily means from all readers
tables        from the bytes of a file to cells, names of columns and places
readers       one module per format
sources       files, patterns of file names, tables in memory
left_out      files that are left out of a run
reading       reads files into daily means
quality       quality control
pieces        large text files in pieces of one day each
spool         files of any number of days, sorted by week on disk
places        stations at the same place
day_hours     hours that a daily mean contains
gridding      cells of stations
"""
