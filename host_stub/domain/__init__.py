"""Pure decisions: imports the contract's money, texts and errors, and the standard library, nothing else."""
