"""What lies on disk: whole files and folders, lines that only grow, locks; and what of it fails, named."""
