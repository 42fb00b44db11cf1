"""What is in a model file, and what runs it."""
