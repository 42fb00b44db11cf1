"""Where a cell, a coast, a region is."""
