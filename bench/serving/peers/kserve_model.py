"""KServe's Python server: one worker, no gRPC, no log of requests and latencies; it speaks both of its protocols."""

import logging
import sys

import kserve
from classifier import load
from kserve import InferOutput, InferRequest, InferResponse


class Classifier(kserve.Model):
    def __init__(self) -> None:
        super().__init__("model")
        self.model = load()
        self.ready = True

    async def predict(self, payload, headers=None, response_headers=None):
        if isinstance(payload, InferRequest):
            found = self.model(payload.inputs[0].as_numpy())
            outputs = [output(name, array) for name, array in zip(("labels", "probabilities"), found, strict=True)]
            # Its answer must have an id, which the client need not have given.
            return InferResponse(payload.id or "1", "model", outputs)
        labels, probabilities = self.model(payload["instances"])
        return {"predictions": {"labels": labels.tolist(), "probabilities": probabilities.tolist()}}


def output(name, array):
    datatype = {"int64": "INT64", "float32": "FP32", "float64": "FP64"}[array.dtype.name]
    found = InferOutput(name, list(array.shape), datatype)
    found.set_data_from_numpy(array, binary_data=False)
    return found


if __name__ == "__main__":
    server = kserve.ModelServer(http_port=int(sys.argv[1]), workers=1, enable_grpc=False, enable_latency_logging=False)
    for name in ("uvicorn.access", "kserve", "kserve.trace"):  # as the server has set them up by now
        logging.getLogger(name).setLevel(logging.WARNING)
    server.start([Classifier()])
