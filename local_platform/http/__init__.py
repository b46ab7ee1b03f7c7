"""What every request meets: the key, errors, pages, faults."""
