"""What comes out, and in which file."""
