"""Verification: whether the model read its pages, checked against the texts that they carry."""
