"""The model server: launching SGLang for this workload, checking a set-up, planning capacity."""
