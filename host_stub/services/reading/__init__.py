"""What pages show: lists, searches, statements, the work that waits, rows as the contract's values."""
