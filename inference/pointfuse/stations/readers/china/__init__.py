"""Files of China.

cnemc      hours of the national network, a column per station
interface  the same as its interface gives them, a row per station and hour
tables     tables of stations or cities with Chinese headers
uci        hours of twelve stations of Beijing, of the UCI repository
stateair   hours of the embassy and consulates of the United States
"""
