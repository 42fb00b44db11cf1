"""What one sees: maps, figures, reports, cards in notebooks."""
