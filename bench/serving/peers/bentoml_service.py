"""BentoML: one worker, access log, metrics and traces off; BENCH_BATCH=1 lets it gather requests into batches."""

import os

import bentoml
import numpy as np
from classifier import load

BATCH = os.environ.get("BENCH_BATCH") == "1"
OFF = {"enabled": False}


@bentoml.service(workers=1, logging={"access": OFF}, metrics=OFF, traffic={"timeout": 60})
class Classifier:
    def __init__(self) -> None:
        self.model = load()

    if BATCH:

        @bentoml.api(batchable=True, batch_dim=(0, 0), max_batch_size=64, max_latency_ms=1000)
        async def predict(self, rows: np.ndarray) -> np.ndarray:
            labels, probabilities = self.model(rows)
            return np.column_stack([labels, probabilities])

    else:

        @bentoml.api
        async def predict(self, rows: list[list[float]]) -> dict:
            labels, probabilities = self.model(rows)
            return {"labels": labels.tolist(), "probabilities": probabilities.tolist()}
