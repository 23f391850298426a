"""Patrol watches online marketplaces for looted and stolen antiquities; see README.md for the map of rooms."""
