"""The gate behind a real sshd, on a machine that docs/gate.md has set up."""
