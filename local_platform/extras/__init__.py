"""What only this platform has: its state, labelled incidents, faults on demand."""
