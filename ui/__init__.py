"""Faces: they map events and hold no logic."""
