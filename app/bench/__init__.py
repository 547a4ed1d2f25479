"""What `kangka bench` measures: each figure beside its limit, both taken in the same run."""
