# SPDX-License-Identifier: GPL-3.0-or-later
"""One reconstruction as asked for, checked."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from engine.contract.files import sha256
from engine.contract.method import Method, method_called, methods, optional_inputs
from engine.contract.records import JobRecord
from engine.contract.result_folder import FORMAT
from engine.contract.settings import Job, parse
from engine.contract.version import version
from engine.contract.view_requests import ViewRequests
from engine.errors import InputError
from engine.surface import points

FILES = ("picture", "mask", "depth", "normal")
"""Fields of a job that name a file to read."""
FREE_TO_CHANGE = ("output", "preset", "device")
"""Fields of a job that don't decide its result; the preset's settings do."""


@dataclass(frozen=True)
class Request:
    """One reconstruction as asked for, checked: paths absolute, settings resolved."""

    job: Job
    settings: Any
    """Of the class that the method's descriptor names."""
    views: ViewRequests

    @property
    def method(self) -> Method:
        """The one that is to do it."""
        return methods()[self.job.method]

    @classmethod
    def check(
        cls, values: Mapping[str, Any], overrides: Mapping[str, Any], views: Mapping[str, Any] | None = None
    ) -> Request:
        """The request for `values` (fields of `settings.Job` or their text), `overrides` of the preset's settings and
        what is asked of single `views` (`ViewRequests.check`).

        Raises InputError for what is missing, unknown or outside its range.
        """
        fields = {field.name: field for field in dataclasses.fields(Job)}
        if unknown := sorted(set(values) - set(fields)):
            raise InputError("job-field-unknown", name=unknown[0], names=", ".join(fields))
        job = Job(**{name: parse(fields[name], value) for name, value in values.items()})
        method = method_called(job.method)
        settings, wishes = method.resolve(job.preset, overrides), ViewRequests.check(views or {})
        if not job.output:
            raise InputError("job-no-output")
        if bool(job.picture) == bool(job.prompt):
            raise InputError("job-no-picture")
        if job.prompt and job.object:
            raise InputError("job-prompt-and-object")
        if points.parse(job.points) and job.estimator == "embedded":
            raise InputError("job-points")
        if unwanted := [name for name in _foreign(method) if name in FILES and getattr(job, name)]:
            others = ", ".join(other.name for other in methods().values() if unwanted[0] in other.inputs)
            raise InputError("job-file-unwanted", method=method.label, name=unwanted[0], others=others)
        if not method.views and wishes != ViewRequests():
            others = ", ".join(other.name for other in methods().values() if other.views)
            raise InputError("job-views", method=method.label, others=others)
        paths = {name: os.path.abspath(getattr(job, name)) for name in (*FILES, "output") if getattr(job, name)}
        return cls(dataclasses.replace(job, **paths), settings, wishes)

    def record(self) -> JobRecord:
        """What `job.json` holds: the request, with the SHA-256 of its files.

        Raises InputError when a file can't be read.
        """
        record = {
            "format": FORMAT,
            "version": version(),
            "job": dataclasses.asdict(self.job),
            "settings": dataclasses.asdict(self.settings),
            "orbit": self.views.record(),
            **{f"{name}_sha256": _sha256(path) if (path := getattr(self.job, name)) else "" for name in FILES},
            "views_sha256": {str(view): _sha256(path) for view, path in self.views.pictures.items()},
        }
        return cast(JobRecord, record)


def essence(record: JobRecord) -> dict[str, Any]:
    """What of a job's `record` can't change while it goes on: by what each is and its name."""
    method = methods().get(record["job"]["method"])  # none where another version had one that is no more
    foreign = _foreign(method) if method is not None else []
    skipped = {*FREE_TO_CHANGE, *FILES, *foreign}
    return {
        "the version": record["version"],
        **{f"file {name}": record.get(f"{name}_sha256", "") for name in FILES if name not in foreign},
        **{f"job {name}": value for name, value in record["job"].items() if name not in skipped},
        **{f"settings {name}": value for name, value in record["settings"].items()},
    }


def digest(record: JobRecord) -> str:
    """SHA-256 over what decides a job's result: not where its files lie, nor the device, nor the preset's name."""
    views = {**record["orbit"], "pictures": record["views_sha256"]}
    return hashlib.sha256(json.dumps({**essence(record), "views": views}, sort_keys=True).encode()).hexdigest()


def _foreign(method: Method) -> list[str]:
    """Fields of a job that other methods take, but not this one."""
    return sorted(optional_inputs() - set(method.inputs))


def _sha256(path: str) -> str:
    try:
        return sha256(Path(path))
    except OSError as error:
        raise InputError("file-unreadable", file=path, cause=str(error.strerror)) from None
