"""KServe's Python server: one worker, no gRPC, no access log, asked by its first protocol."""

import logging
import sys

import kserve
from classifier import load


class Classifier(kserve.Model):
    def __init__(self) -> None:
        super().__init__("model")
        self.model = load()
        self.ready = True

    async def predict(self, payload, headers=None, response_headers=None):
        labels, probabilities = self.model(payload["instances"])
        return {"predictions": {"labels": labels.tolist(), "probabilities": probabilities.tolist()}}


if __name__ == "__main__":
    server = kserve.ModelServer(http_port=int(sys.argv[1]), workers=1, enable_grpc=False, enable_latency_logging=False)
    for name in ("uvicorn.access", "kserve", "kserve.trace"):  # as the server has set them up by now
        logging.getLogger(name).setLevel(logging.WARNING)
    server.start([Classifier()])
