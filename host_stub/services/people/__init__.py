"""Logins, passwords, and how often something may be tried."""
