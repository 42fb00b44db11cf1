"""The network of any place.

world_network     covariances that a day chooses from, on any grid
world_checkpoint  its checkpoint
"""
