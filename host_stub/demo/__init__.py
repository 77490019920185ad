"""Demo data for `./dev run`: made by the services, on a clock that is moved through three months and stops now."""
