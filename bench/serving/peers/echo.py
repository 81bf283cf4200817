"""A bare echo: what the HTTP server itself costs. Reads the request and answers a constant as long as the service's.

The path names the rows asked (/1, /64); ECHO_BYTES is a JSON object with the length of the answer to each.
"""

import json
import os

ANSWERS = {f"/{rows}": b"x" * size for rows, size in json.loads(os.environ["ECHO_BYTES"]).items()}


async def app(scope, receive, send):
    """Answer one request."""
    while (await receive()).get("more_body"):
        pass
    body = ANSWERS[scope["path"]]
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
