"""Low-cost sensors, which are read where they are asked for alone.

sensor_community  archive of Sensor.Community
purpleair         downloads of PurpleAir
"""
