"""The models of any place, on real data of several.

world_places  the data of each place
world_scores  measures
world_tables  the tables in Markdown
world_maps    a map of each place
world_cost    seconds and memory
"""
