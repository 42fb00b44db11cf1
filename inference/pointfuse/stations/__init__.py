"""What is read, what is thrown out, and where it falls."""
