"""The books: the ledger, corrections by hand, and the proof of both."""
