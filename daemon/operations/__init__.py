"""What people and assistants can ask of the daemon: one facade, typed requests and results."""

from daemon.operations.backtest_results import BacktestResult, Candidate, SuggestionResult
from daemon.operations.facade import Operations
from daemon.operations.feedback_results import Feedback, FeedbackList, FeedbackResult, LessonSummary
from daemon.operations.results import (
    AlertDetail,
    AlertExplanation,
    AlertList,
    AlertSummary,
    ChannelStatus,
    DetectorChoice,
    DetectorList,
    MessageSummary,
    SeriesList,
    SeriesSummary,
    Status,
    TestResult,
    Tuning,
    TuningResult,
)

__all__ = [
    "AlertDetail",
    "AlertExplanation",
    "AlertList",
    "AlertSummary",
    "BacktestResult",
    "Candidate",
    "ChannelStatus",
    "DetectorChoice",
    "DetectorList",
    "Feedback",
    "FeedbackList",
    "FeedbackResult",
    "LessonSummary",
    "MessageSummary",
    "Operations",
    "SeriesList",
    "SeriesSummary",
    "Status",
    "SuggestionResult",
    "TestResult",
    "Tuning",
    "TuningResult",
]
