"""The model server: launching, checking and planning it."""
