"""The model server: launching SGLang with flags that suit the loop, and checking a set-up end to end."""
