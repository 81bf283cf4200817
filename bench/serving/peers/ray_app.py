"""Ray Serve: one replica behind its HAProxy, access log off; BENCH_BATCH=1 gathers requests by its own decorator."""

import os
import sys
import time

import numpy as np
from classifier import load
from ray import serve
from starlette.requests import Request
from starlette.responses import JSONResponse

BATCH = os.environ.get("BENCH_BATCH") == "1"


@serve.deployment(
    num_replicas=1,
    max_ongoing_requests=256,
    ray_actor_options={"num_cpus": 1},
    logging_config={"enable_access_log": False, "log_level": "ERROR"},
)
class Classifier:
    def __init__(self):
        self.model = load()

    async def __call__(self, request: Request):
        rows = (await request.json())["rows"]
        labels, probabilities = await self.batched(rows) if BATCH else self.model(rows)
        return JSONResponse({"labels": labels.tolist(), "probabilities": probabilities.tolist()})

    @serve.batch(max_batch_size=64, batch_wait_timeout_s=0.0)
    async def batched(self, asked):
        labels, probabilities = self.model([row for rows in asked for row in rows])
        ends = np.cumsum([len(rows) for rows in asked])[:-1]
        return list(zip(np.split(labels, ends), np.split(probabilities, ends), strict=True))


if __name__ == "__main__":
    import ray

    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    serve.start(
        http_options={"host": "127.0.0.1", "port": int(sys.argv[1])}, logging_config={"enable_access_log": False}
    )
    serve.run(Classifier.bind(), route_prefix="/")
    while True:
        time.sleep(3600)
