"""What people say about alarms, and what follows from it for one series.

A lesson is an event, never a change: what a detector knows is a replay of the stored windows under the
lessons in force. So taking a lesson back undoes all of it, and a restart loses none of it.
"""

from detectors.feedback.effects import Effect, effects
from detectors.feedback.lesson import Kind, Lesson, Side, evidence_of, side_of
from detectors.feedback.lessons import NONE, Lessons, Word

__all__ = ["NONE", "Effect", "Kind", "Lesson", "Lessons", "Side", "Word", "effects", "evidence_of", "side_of"]
