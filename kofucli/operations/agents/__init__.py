"""The register of agents: their values, verification, what is kept about them."""
