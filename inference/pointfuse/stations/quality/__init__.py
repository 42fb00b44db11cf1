"""Which observations are suspect, and why.

reasons      states and reasons, and their codes
levels       the scale on which concentrations are compared
weeks        calendar weeks, by which is judged
hour_checks  stuck, isolated and impossible hours
neighbours   a station beside those around it
day_checks   suspect daily means
flags        counts of reasons, and lists of what is not good
"""
