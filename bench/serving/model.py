"""Makes the models that every server serves, and what they answer: run in the environment `model`, with a folder.

A gradient boosting classifier on 30 measurements of 569 tumours (data that scikit-learn brings), once as ONNX and once
in the formats that scikit-learn models travel in: skops for the emitted service, joblib for the peers. Beside each lies
expected.json: rows, and the label and the probabilities that the model's own library gives for each.
"""

import json
import sys
from pathlib import Path

import joblib
import numpy as np
import onnxruntime
import skl2onnx
import skops.io
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import GradientBoostingClassifier
from skl2onnx.common.data_types import FloatTensorType

ROWS = 64
"""Rows that are asked; the largest request holds them all."""


def main(folder: Path) -> None:
    """Train, export and write down what is expected."""
    features, labels = load_breast_cancer(return_X_y=True)
    # float32 values, so that the ONNX model and scikit-learn's see the same numbers.
    features = features.astype(np.float32)
    model = GradientBoostingClassifier(random_state=0).fit(features[ROWS:], labels[ROWS:])
    asked = features[:ROWS]

    onnx = folder / "onnx"
    onnx.mkdir(parents=True, exist_ok=True)
    exported = skl2onnx.to_onnx(
        model,
        initial_types=[("features", FloatTensorType([None, features.shape[1]]))],
        options={"zipmap": False},
        target_opset=21,
    )
    (onnx / "model.onnx").write_bytes(exported.SerializeToString())
    session = onnxruntime.InferenceSession(onnx / "model.onnx")
    _expect(onnx, asked, *session.run(["label", "probabilities"], {"features": asked}))

    sklearn = folder / "sklearn"
    sklearn.mkdir(exist_ok=True)
    skops.io.dump(model, sklearn / "model.skops")
    joblib.dump(model, sklearn / "model.joblib")
    wide = asked.astype(np.float64)
    _expect(sklearn, wide, model.predict(wide), model.predict_proba(wide))


def _expect(folder: Path, rows: np.ndarray, labels: np.ndarray, probabilities: np.ndarray) -> None:
    # The shortest decimals that are the same float32: what a client would send.
    short = [[float(str(np.float32(value))) for value in row] for row in rows]
    found = {"rows": short, "labels": labels.tolist(), "probabilities": probabilities.tolist()}
    (folder / "expected.json").write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
