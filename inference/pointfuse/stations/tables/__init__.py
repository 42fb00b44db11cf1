"""From the bytes of a file to cells, names of columns and places.

encoding      bytes to text
cells         those that cannot be read, few or many
table         rows and columns of text
csv_table     tables in CSV files, whatever parts their columns
station_file  what a reader gets of a file, compressed or not, whole or cut off
columns       names of columns, and the layouts of station lists
coordinates   which pairs of numbers are places
"""
