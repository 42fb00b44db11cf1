"""The network: PointConv, RegrUnetPP, and the two put together.

pointconv       from isolated stations to a first complete field
regr_unetpp     a UNet++ that ends in a number a cell
scale_head      how far the field may be off
fusion_network  all of them, with the static layers
seed_weights    the weights of the first model
checkpoints     a trained network in a file that knows where it comes from
"""
