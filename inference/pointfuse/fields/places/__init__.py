"""Values of fields at places: schools, addresses, stations of others.

points      places by their coordinates, from files, tables and pairs of numbers
series      values at places, day by day
extraction  from files of fields to a table of series
"""
