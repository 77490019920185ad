"""How the host talks to plugins: discovery, the pay desk, documents, callbacks, delivery of events."""
