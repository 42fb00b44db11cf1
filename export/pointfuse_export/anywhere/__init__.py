"""The model of any place: a file for each pollutant, of one set of covariances.

world_description  the hand-written description
world_graph        its graph, which has no grid
world_checks       what it computes, beside PyTorch
world_card         its card
world_export       from description to files
"""
