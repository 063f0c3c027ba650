"""Validates exported events with models of the Open Cybersecurity Schema Framework that others wrote.

    python3 tests/clients/ocsf_events.py PATH-TO-SEATLEDGER FOLDER-OF-A-DEMO

The models know an older version of the schema, so attributes that came later
are named below and are not looked at; `tests/suite/audit_export.rs` holds those. Every event must fit, and each must be
refused once a required attribute is gone or has another type, which shows that the models look.
"""

import json
import os
import subprocess
import sys

from ocsf.events.application.api import APIActivity
from pydantic import ValidationError

# Of the profile `security_control`, and of versions after the models'.
LATER = {
    "action", "action_id", "disposition", "disposition_id", "policy", "risk_score",
    # The models compute these.
    "category_name", "type_name", "type_uid",
}
# A service's `actor.user.type_id` is 4 in later versions, which the models would call 99, other.
SERVICE, OTHER = 4, 99
REQUIRED = ["actor", "api", "metadata", "src_endpoint", "time"]


def fits(event):
    try:
        # As JSON and strictly: a number written as a text is an error.
        return APIActivity.model_validate_json(json.dumps(event), strict=True)
    except ValidationError as error:
        return error


def check(event):
    user = event["actor"].get("user", {})
    if user.get("type_id") == SERVICE:
        assert user["type"] == "Service"
        user["type_id"] = OTHER
    model = fits(event)
    assert isinstance(model, APIActivity), f"{event['metadata']['uid']}: {model}"
    for computed in ["category_name", "type_name", "type_uid"]:
        assert getattr(model, computed) == event[computed], (computed, event)
    unknown = set(event) - set(APIActivity.model_fields) - LATER
    assert not unknown, unknown
    for name in REQUIRED:
        without = {key: value for key, value in event.items() if key != name}
        assert isinstance(fits(without), ValidationError), f"{name} is not asked for"
        assert isinstance(fits({**event, name: "text"}), ValidationError), f"{name} may be a text"


def main():
    program, folder = map(os.path.abspath, sys.argv[1:])

    def run(*arguments):
        return subprocess.run([program, *arguments], cwd=folder, capture_output=True, text=True)

    # A refusal, for its place in the class; the number is no argument of this script but of the program under test.
    assert run("report", "users", "--org", "536-22-1234").returncode == 6
    exported = run("audit", "export", "--format", "ocsf")
    assert exported.returncode == 0, exported.stderr
    events = [json.loads(line) for line in exported.stdout.splitlines()]
    for event in events:
        check(event)
    actions = {event["action"] for event in events}
    assert {"Allowed", "Denied"} <= actions, actions
    print(f"{len(events)} events are API Activities by the models of ocsf-pydantic")


if __name__ == "__main__":
    sys.exit(main())
