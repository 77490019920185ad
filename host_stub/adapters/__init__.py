"""The outside world: mail, provisioning, rendering, keys, the clock."""
