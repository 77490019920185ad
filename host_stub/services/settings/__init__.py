"""Settings that plugins declare: their levels, values, changes, secrets and templates."""
