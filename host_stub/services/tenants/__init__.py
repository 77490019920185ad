"""Resellers and their accounts: kept, closed, opened again."""
