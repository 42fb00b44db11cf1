"""What becomes of damaged and hostile input.

station_file_samples   a sound file of every format
agency_file_samples    those of agencies and interfaces
mutated_station_files  the same, damaged at random: read, refused, or a fault of the reader
hostile_model_files    model files made to deceive, by chance and by intent
broken_graphs          model files whose graph cannot run, or gives random values
service_load           a hundred clients at once of `pointfuse serve`
hostile_models         whether anything of them runs that the checks did not see
"""
