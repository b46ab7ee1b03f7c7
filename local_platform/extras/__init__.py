"""What only this platform has: its state, labelled incidents, keys, the last requests, faults and limits on demand."""
