"""The quality of jobs: what was reported as the `quality_rate` of jobs of one type, a share from 0 to 1 each."""

from __future__ import annotations

import sqlite3

from local_platform.alerting.metrics import Sums
from local_platform.alerting.windows import Window
from local_platform.wire import iso

# A job that was corrected counts by its latest value, and when that was recorded.
_FACTS = """
SELECT count(*), CAST(round(coalesce(sum(json_extract(m.json, '$.value')), 0) * 1000000000) AS INTEGER)
FROM job JOIN job_metric AS m ON m.job = job.id AND m.key = 'quality_rate'
WHERE job.team = ? AND job.type = ? COLLATE NOCASE
    AND json_extract(m.json, '$.recordedAt') BETWEEN ? AND ?
    AND m.sequence = (SELECT max(sequence) FROM job_metric AS n WHERE n.job = m.job AND n.key = m.key)
"""


def reported(connection: sqlite3.Connection, team: int, job_type: str, window: Window) -> Sums:
    """Add up what was reported in a window."""
    values = (team, job_type, iso(window.start), iso(window.last))
    count, total = connection.execute(_FACTS, values).fetchone()
    return Sums(qualities=count, quality=total)
