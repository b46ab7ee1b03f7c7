"""How many false alarms a sensitivity promises."""

from __future__ import annotations

from detectors.base import Sensitivity

PROMISED = {
    Sensitivity.CONSERVATIVE: 0.1,
    Sensitivity.NORMAL: 0.2,
    Sensitivity.AGGRESSIVE: 1.0,
}
"""False episodes a series may have in a week; alarms less than six hours apart are one episode."""
