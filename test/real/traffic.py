"""Asks a service for the same prediction over and over until its standard input ends, and counts what it got.

Usage: `python traffic.py URL [CLIENTS]`, URL without a path. Half of the clients keep their connection as long as the service lets
them, half make one for each request; none asks again what has failed. Prints JSON: `{"right": N, "failed": {what: N}}`.
"""

import asyncio
import collections
import json
import re
import sys
import time
import urllib.parse
import urllib.request

CLIENTS, PAUSE, PATIENCE = int(sys.argv[2]) if len(sys.argv) > 2 else 16, 0.02, 10.0
url = urllib.parse.urlsplit(sys.argv[1])
right = 0
failed: collections.Counter[str] = collections.Counter()
stopping = asyncio.Event()


async def exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, body: bytes) -> tuple[bool, int, bytes]:
    """One request and its answer: whether the connection stays, the status, the content."""
    head = f"POST /predict HTTP/1.1\r\nHost: {url.netloc}\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)
    got = await reader.readuntil(b"\r\n\r\n")
    content = await reader.readexactly(int(re.search(rb"content-length: (\d+)", got)[1]))
    return b"connection: close" not in got, int(got[9:12]), content


async def client(keeps: bool, body: bytes, want: bytes) -> None:
    global right
    writer = None
    while not stopping.is_set():
        try:
            async with asyncio.timeout(PATIENCE):
                if writer is None:
                    reader, writer = await asyncio.open_connection(url.hostname, url.port or 80)
                stays, status, content = await exchange(reader, writer, body)
            if (status, content) == (200, want):
                right += 1
            else:
                failed[f"{status} {content[:80]!r}"] += 1
        except (OSError, EOFError) as error:  # TimeoutError is an OSError
            stays = False
            failed[f"{type(error).__name__} on {'a kept' if keeps else 'its own'} connection"] += 1
            print(f"{time.time():.2f} {error!r}", file=sys.stderr)
        if writer and not (keeps and stays):
            writer.close()
            writer = None
        await asyncio.sleep(PAUSE)


async def main() -> None:
    with urllib.request.urlopen(f"{url.geturl()}/openapi.json") as answer:
        document = json.load(answer)
    media = document["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]
    body = json.dumps(media["example"]).encode()
    with urllib.request.urlopen(f"{url.geturl()}/predict", data=body) as answer:
        want = answer.read()
    clients = [asyncio.create_task(client(number % 2 == 0, body, want)) for number in range(CLIENTS)]
    await asyncio.to_thread(sys.stdin.read)
    stopping.set()
    await asyncio.gather(*clients)
    print(json.dumps({"right": right, "failed": failed}))


asyncio.run(main())
