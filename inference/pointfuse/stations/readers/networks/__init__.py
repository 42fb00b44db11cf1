"""Files of networks elsewhere.

openaq    archive of OpenAQ
explorer  OpenAQ's explorer and interface
aqs       daily and hourly files of the EPA
outdoor   daily values of the EPA's download page
airnow    hourly files of AirNow
cpcb      tables of India's network
eea       files of the European Environment Agency
"""
