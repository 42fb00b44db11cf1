"""What becomes of damaged input.

station_file_samples   a sound file of every format
mutated_station_files  the same, damaged at random: read, refused, or a fault of the reader
"""
