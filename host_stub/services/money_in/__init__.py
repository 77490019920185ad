"""Money that comes in: methods, payments, attempts, what gateways and managers say, credits and what follows."""
