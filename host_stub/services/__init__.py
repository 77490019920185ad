"""Use cases: one function, one transaction (functions that take a `Session` are steps inside one)."""
