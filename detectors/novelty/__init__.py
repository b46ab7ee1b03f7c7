"""Parts of the detector that asks whether anything like this has been seen before."""
