"""How stations become fields: for a day, for years, on a cluster."""
