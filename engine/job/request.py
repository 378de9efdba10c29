# SPDX-License-Identifier: GPL-3.0-or-later
"""One reconstruction as asked for, checked."""

from __future__ import annotations

import dataclasses
import hashlib
import os
from collections.abc import Mapping
from typing import Any

from engine.contract import settings
from engine.contract.result_folder import FORMAT
from engine.contract.version import version
from engine.contract.view_requests import Orbit
from engine.errors import InputError
from engine.surface import points

INPUTS = ("picture", "mask", "depth", "normal")
"""Fields of a job that name a file to read."""


@dataclasses.dataclass(frozen=True)
class Request:
    """One reconstruction as asked for, checked: paths absolute, settings resolved."""

    job: settings.Job
    settings: settings.Settings
    orbit: Orbit

    @classmethod
    def check(
        cls, values: Mapping[str, Any], overrides: Mapping[str, Any], orbit: Mapping[str, Any] | None = None
    ) -> Request:
        """The request for `values` (fields of `settings.Job` or their text), `overrides` of the preset's settings and
        what is asked of single views (`Orbit.check`).

        Raises InputError for what is missing, unknown or outside its range.
        """
        fields = {field.name: field for field in dataclasses.fields(settings.Job)}
        if unknown := sorted(set(values) - set(fields)):
            raise InputError("job-field-unknown", name=unknown[0], names=", ".join(fields))
        job = settings.Job(**{name: settings.parse(fields[name], value) for name, value in values.items()})
        resolved = settings.resolve(job.method, job.preset, dict(overrides))
        if not job.output:
            raise InputError("job-no-output")
        if bool(job.picture) == bool(job.prompt):
            raise InputError("job-no-picture")
        if job.prompt and job.object:
            raise InputError("job-prompt-and-object")
        if points.parse(job.points) and job.estimator == "embedded":
            raise InputError("job-points")
        if job.method != "pop3d" and (job.depth or job.normal):
            raise InputError("job-given-surface")
        wishes = Orbit.check(orbit or {})
        if job.method != "pop3d" and wishes != Orbit():
            raise InputError("job-views")
        paths = {name: os.path.abspath(getattr(job, name)) for name in (*INPUTS, "output") if getattr(job, name)}
        return cls(dataclasses.replace(job, **paths), resolved, wishes)

    def record(self) -> dict[str, Any]:
        """What `job.json` holds: the request, with the SHA-256 of its files.

        Raises InputError when a file can't be read.
        """
        return {
            "format": FORMAT,
            "version": version(),
            "job": dataclasses.asdict(self.job),
            "settings": dataclasses.asdict(self.settings),
            "orbit": self.orbit.record(),
            **{f"{name}_sha256": _sha256(path) if (path := getattr(self.job, name)) else "" for name in INPUTS},
            "views_sha256": {str(view): _sha256(path) for view, path in self.orbit.pictures.items()},
        }


def _sha256(path: str) -> str:
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError("file-unreadable", file=path, cause=str(error.strerror)) from None
