"""What the platform's resources look like."""
