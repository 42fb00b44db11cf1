"""Quality control of observations.

reasons      states and reasons, and their codes
levels       logarithmic scale for comparisons
weeks        calendar weeks, the unit of quality control
hour_checks  checks of hourly values
neighbours   comparison with neighbouring stations
day_checks   checks of daily means
flags        counts of reasons, table of flagged values
value_table  all values as a table, and what became of them
"""
