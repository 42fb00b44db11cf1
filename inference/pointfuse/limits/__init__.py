"""What concentrations mean: air-quality indices and guidelines.

concentrations  pollutants by the names of variables, and their units
standards       tables of indices and guidelines, with their colours
indices         index, level and main pollutant of concentrations
index_files     indices of files of fields, and days above a level
"""
