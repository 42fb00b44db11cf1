"""How good intervals are, of values and of means.

sharpness          how wide intervals are beside those of kriging
hourly_factor      what errors of hours are over those that models tell of days
error_correlation  how errors go together: what models tell of it
means_of_places    what intervals of means over cities and squares hold
"""
