"""Simulations and trainings.

simulation_speed        how long a simulated day takes
simulation_realism      how much simulated days look like measured ones
pollutant_realism       the same of hours of all pollutants
training_throughput     how fast a recipe trains
reproduced_simulations  the published evaluation on real CMAQ days
adaptation              what an adaptation gains
"""
