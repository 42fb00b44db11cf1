"""The networks in PyTorch.

channels                what all networks take
concentration_scale     the scale on which the default network sees concentrations
pointconv               from isolated stations to a first complete field, as published
optimal_interpolation   PointConv's passes at their limit, under a covariance that knows terrain
conditioning            what stations say under covariances
station_cells           the cells that hold stations, as lists
positive_inverse        inverses of large matrices, in a form that export can change
summed_covariances      sums of covariances over the grid, in a form that export can change
resolution              between the grid and that of half the resolution
regr_unetpp             a UNet++ that ends in numbers a cell
detail                  from half the resolution to the cells
calibration             the last factor of the error's size
fusion_network          the network that is shipped
paper_network           the published network
variants                the networks by name
weights                 weights by name, and the archives that hold them
checkpoints             a trained network in a file that knows where it comes from
anywhere                the network of any place
"""
