"""Receives what the journal delivers, and verifies it with the published `standardwebhooks` package.

Needs `pip install standardwebhooks` and a built test binary:

    python3 tests/clients/webhooks.py

Every delivery must verify; the same delivery with another body, an old timestamp, another id or another secret must not.
"""

import http.server
import os
import subprocess
import sys
import threading

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

SECRETS = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"]
OTHER_SECRET = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
EVENTS = 20

received = []


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        received.append((body, {name.lower(): value for name, value in self.headers.items()}))
        # The first delivery is refused once, so that its repetition is seen too.
        self.send_response(503 if len(received) == 1 else 204)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def is_refused(secret, body, headers):
    try:
        Webhook(secret).verify(body, headers)
    except WebhookVerificationError:
        return True
    return False


def check(body, headers):
    for secret in SECRETS:
        event = Webhook(secret).verify(body, headers)
        assert event["data"]["metadata"]["uid"] == headers["webhook-id"], headers
    old = str(int(headers["webhook-timestamp"]) - 600)
    assert is_refused(SECRETS[0], body.replace(b"audit.", b"audits."), headers)
    assert is_refused(SECRETS[0], body, {**headers, "webhook-timestamp": old})
    assert is_refused(SECRETS[0], body, {**headers, "webhook-id": headers["webhook-id"] + "0"})
    assert is_refused(OTHER_SECRET, body, headers)


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    arguments = [f"http://127.0.0.1:{server.server_port}/hooks", str(EVENTS), *SECRETS]
    subprocess.run(
        ["cargo", "test", "-q", "--test", "suite", "--", "--ignored", "--exact", "webhooks::deliver_to_a_receiver"],
        env={**os.environ, "SEATLEDGER_TEST_ARGUMENTS": "\n".join(arguments)},
        check=True,
    )
    ids = [headers["webhook-id"] for _, headers in received]
    assert len(ids) == EVENTS + 1 and ids[0] == ids[1] and len(set(ids)) == EVENTS, ids
    for body, headers in received:
        check(body, headers)
    print(f"{len(received)} deliveries verified, each mutation refused")


if __name__ == "__main__":
    sys.exit(main())
