"""Built data sets: reading, counting and showing what `vtc-r1 data build` wrote."""
