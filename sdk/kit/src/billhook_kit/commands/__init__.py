"""The verbs of the command `billhook`."""
