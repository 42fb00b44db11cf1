"""From the bytes of a file to cells, names of columns and places.

compression   plain and packed files
encoding      bytes to text
cells         those that cannot be read, few or many
table         rows and columns of text
csv_table     tables in CSV files, whatever parts their columns
json_table    tables in JSON
typed_table   tables of numbers and times: Parquet files
memory_table  tables in memory
station_file  what a reader gets of a file, packed or not, whole or cut off
columns       names of columns, and the layouts of station lists
coordinates   which pairs of numbers are places
"""
