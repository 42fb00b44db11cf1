"""How fast, how large.

workload            the example day
one_process         a model in a process of its own
files_to_file       from station files to a file of fields
latency             a field on every device and in every precision
network_runtimes    the network in other runtimes
peers               who else makes a field
precision           how far files of fewer bits are off
years               many days in one call
start_up            what an import and the help take
stages              what each stage of a day takes
beside_release      a day and many of them beside an earlier release
many_stations       a day of very many stations, of two source trees
scale               many years on many processors, on paper
packing             how large fields become in a file
browser             the page in a browser
performance_tables  what was measured, in Markdown
performance_figure  the peers as a figure
performance         writes both into the documents
"""
