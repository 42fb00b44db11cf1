"""Read observations, check them, and assign them to cells.

observations      table of values by time and station
merging           several values of an hour to their mean, several parts to one table
pollutants        the pollutants that networks measure
daily_means       how many valid hours make a daily mean
eight_hour_means  the largest 8-hour mean of a day
hours_to_days     one checked table of daily means from all readers
tables            from the bytes of a file to cells, names of columns and places
readers           one module per format
files             files and tables that are to be read
reading           reads files into daily means
quality           quality control
file_check        what files are taken for, and what of them would be left out
spool             files of any number of days, sorted by week on disk
same_place        stations side by side, which count as one place
own_clocks        hours by the clock of each station
all_hours         one checked table of hours from all readers
hours_seen        which hours of a day the files hold
gridding          cells of stations
"""
