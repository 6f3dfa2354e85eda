"""A receiver to copy from: it verifies the signature, skips what it has already seen, and answers before it works.

    WEBHOOK_SECRET=whsec_... PORT=4000 python3 receiver.py

Needs Python 3.9 or later and nothing else.
"""

import base64
import hashlib
import hmac
import json
import os
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOLERANCE_S = 5 * 60
MAX_BODY_BYTES = 1024 * 1024
MAX_REMEMBERED = 10_000

secret = os.environ.get("WEBHOOK_SECRET", "")
if not secret.startswith("whsec_"):
    raise SystemExit("WEBHOOK_SECRET is missing: the whsec_... that was shown with the endpoint")
key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
port = int(os.environ.get("PORT", "4000"))

# In production this is a table with a unique column, written in the same transaction as the event's effects:
# it outlives a restart, and an event whose processing failed is not taken for one that was processed.
seen = {}
seen_lock = threading.Lock()


def is_new(event_id):
    with seen_lock:
        if event_id in seen:
            return False
        seen[event_id] = True
        if len(seen) > MAX_REMEMBERED:
            del seen[next(iter(seen))]  # a dict keeps the order of insertion: this is the oldest
        return True


def is_genuine(event_id, timestamp, signatures, body):
    """Whether one of the signatures is ours, over exactly these bytes, and made within the last five minutes."""
    try:
        if abs(time.time() - int(timestamp)) > TOLERANCE_S:
            return False
    except (ValueError, OverflowError):
        return False
    signed = f"{event_id}.{timestamp}.".encode() + body
    expected = b"v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
    # Several while a secret is being rotated. compare_digest takes the same time wherever they differ.
    return any(hmac.compare_digest(expected, candidate.encode()) for candidate in signatures.split())


def handle(event_id, event):
    """What takes time belongs here, or rather in a queue: the sender has been answered."""
    print(event_id, event["type"], json.dumps(event["data"]), flush=True)


class Receiver(BaseHTTPRequestHandler):
    timeout = 30  # seconds that a sender may be silent

    def do_POST(self):
        length = self.headers.get("content-length", "")
        if not length.isdecimal() or int(length) > MAX_BODY_BYTES:
            return self.answer(413 if length else 411)
        body = self.rfile.read(int(length))
        event_id = self.headers.get("webhook-id", "")
        timestamp = self.headers.get("webhook-timestamp", "")
        if not is_genuine(event_id, timestamp, self.headers.get("webhook-signature", ""), body):
            return self.answer(401)
        self.answer(204)
        if is_new(event_id):
            handle(event_id, json.loads(body))

    def answer(self, status):
        self.send_response(status)
        self.end_headers()

    def log_message(self, *_):
        """Events are printed, requests are not."""


server = ThreadingHTTPServer(("127.0.0.1", port), Receiver)
print(f"listening on http://127.0.0.1:{port}", flush=True)
server.serve_forever()
