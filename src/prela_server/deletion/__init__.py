"""Deleting what a project holds."""
