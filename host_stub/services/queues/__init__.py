"""The outbox, and who carries what stands in it."""
