"""What is read, what is thrown out, and where it falls.

observations  values of stations by time, and where they are from
daily_table   hours to daily means
reading       files to observations
readers       a module a format, and what they share
quality       which observations are suspect, and why
pieces        large text files in pieces of a day each
spool         files of any number of days, sorted by week on disk
places        which stations are instruments in one place
day_hours     of which hours of a day its means are
gridding      which station falls into which cell
"""
