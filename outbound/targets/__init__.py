"""Where records go: a registry from a config's kind of target to its class."""
