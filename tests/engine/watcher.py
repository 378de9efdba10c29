# SPDX-License-Identifier: GPL-3.0-or-later
"""A listener that remembers, and cancels its job where a test wants it."""

from __future__ import annotations

import threading

from engine.progress import Report


class Watcher:
    """Keeps what is reported. Sets `cancel` at step `stop_at` of a phase that has steps, or in the phase `stop_in`."""

    def __init__(self, stop_at: int | None = None, stop_in: str = "") -> None:
        self.reports: list[Report] = []
        self.previews: list[str] = []
        self.cancel = threading.Event()
        self._stop_at, self._stop_in = stop_at, stop_in

    def progress(self, report: Report) -> None:
        """See `Listener`."""
        self.reports.append(report)
        if self._stop_at is not None and report.total > 1 and report.step >= self._stop_at:
            self.cancel.set()
        if report.phase == self._stop_in:
            self.cancel.set()

    def preview(self, file: str) -> None:
        """See `Listener`."""
        self.previews.append(file)

    @property
    def phases(self) -> list[str]:
        """The phases, in order."""
        return list(dict.fromkeys(report.phase for report in self.reports))
