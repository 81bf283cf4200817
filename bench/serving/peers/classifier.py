"""The model as a peer's own code would hold it, as fast as it gets: one thread, one pass over the trees."""

import os

# Before anything of it is loaded: threads that spin take the core from the server.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from pathlib import Path

import numpy as np


def load():
    """Load BENCH_MODEL. Returns a function: rows, an array [N, 30], to labels [N] and probabilities [N, 2]."""
    path = Path(os.environ["BENCH_MODEL"])
    return _onnx(path) if path.suffix == ".onnx" else _sklearn(path)


def _onnx(path):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    run = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"]).run
    return lambda rows: run(["label", "probabilities"], {"features": np.asarray(rows, np.float32)})


def _sklearn(path):
    import joblib

    model = joblib.load(path)

    def predict(rows):
        # The label follows from the probabilities: calling predict as well would walk the trees twice.
        probabilities = model.predict_proba(np.asarray(rows))
        return model.classes_[probabilities.argmax(axis=1)], probabilities

    return predict
