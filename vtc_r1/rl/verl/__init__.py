"""The road to verl: its agent loop over the loop of this project, and the configuration of a run."""
