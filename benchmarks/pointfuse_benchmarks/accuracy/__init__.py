"""How good fields, intervals and checks are.

comparison         several predictors on the same pairs
cmaq               whole fields of a real transport model
against_baselines  the model beside all baselines: measures, and prints the table
accuracy_table     its table in Markdown
card_scores        its scores for the card of a model
limits_table       where intervals hold less than they should
reproduction       baselines beside published scores
regional_networks  fields from the stations of one region alone
seams              jumps between cells far from all stations
method_figures     the figures of the method
titanlib_checks    the spatial checks of titanlib
quality_control    what quality control finds and misses
pollutant_flags    what it finds of each pollutant
pollutant_scores   the model of each pollutant, by the day and by the hour: measures
pollutant_table    its tables in Markdown
intervals          how good intervals are, of values and of means
anywhere           the models of any place, on real data of several
"""
