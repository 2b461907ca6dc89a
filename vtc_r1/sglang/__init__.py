"""The model server: launching SGLang with flags that suit the loop, checking a set-up, planning capacity."""
