"""Spiders: what is asked of a marketplace, in which order, and what becomes of each answer."""
