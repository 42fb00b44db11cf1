"""A module a format, and what they share."""
