"""An alert explained: compared with calm days, split over who and what made it, and put into words."""
