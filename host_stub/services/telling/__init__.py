"""What people are told, and by which mail, notice or line of the log."""
