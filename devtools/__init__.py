"""What a developer needs beside the panel: the demo's surroundings, the set-up of a machine. Never imported by it."""
