"""Weather files of NCEI.

weather   reports of temperature, dew point and wind
isd       hourly files
isd_lite  the same in a short form
gsod      daily files
"""
