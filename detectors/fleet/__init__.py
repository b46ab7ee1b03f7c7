"""Many thousand spend series in one call, with NumPy; import it only where a fleet is wanted."""

from detectors.fleet.fleet import Fleet
from detectors.fleet.verdicts import REASONS, Verdicts

__all__ = ["REASONS", "Fleet", "Verdicts"]
