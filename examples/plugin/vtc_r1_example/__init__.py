"""One plug-in of each kind for vtc-r1."""
