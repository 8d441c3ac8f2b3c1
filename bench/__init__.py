"""Measurements, each a ratio against the direct way in the same run: absolute times mean nothing across machines."""
