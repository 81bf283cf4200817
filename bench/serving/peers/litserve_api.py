"""LitServe: one worker, its logs off; BENCH_BATCH=1 lets it gather requests into batches."""

import os
import sys

import litserve
import numpy as np
from classifier import load

BATCH = os.environ.get("BENCH_BATCH") == "1"


class Classifier(litserve.LitAPI):
    def setup(self, device):
        self.model = load()

    def decode_request(self, request):
        return request["rows"]

    def batch(self, inputs):
        self.sizes = [len(rows) for rows in inputs]
        return [row for rows in inputs for row in rows]

    def predict(self, rows):
        return self.model(rows)

    def unbatch(self, output):
        ends = np.cumsum(self.sizes)[:-1]
        labels, probabilities = (np.split(part, ends) for part in output)
        return list(zip(labels, probabilities, strict=True))

    def encode_response(self, output):
        labels, probabilities = output
        return {"labels": labels.tolist(), "probabilities": probabilities.tolist()}


if __name__ == "__main__":
    api = Classifier(max_batch_size=64, batch_timeout=0.001) if BATCH else Classifier()
    server = litserve.LitServer(api, accelerator="cpu", workers_per_device=1)
    server.run(
        host="127.0.0.1",
        port=int(sys.argv[1]),
        num_api_servers=1,
        generate_client_file=False,
        log_level="error",
        access_log=False,
    )
