"""Members: fields that agree with the stations of a day and differ as the field may be wrong.

waves          normal random fields as sums of waves
error_draws    errors that are drawn given where the stations are, time after time
field_members  the field plus errors as large as its uncertainty
member_file    members of files of fields as CF netCDF
"""
