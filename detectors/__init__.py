"""Pure, synchronous anomaly detectors: an observation in, a verdict out."""
