"""What was typed: a module a command, and what commands share."""
