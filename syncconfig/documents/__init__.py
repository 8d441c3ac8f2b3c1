"""Configuration as text: what is written of a connection or config, read back, compared and kept as its history."""
