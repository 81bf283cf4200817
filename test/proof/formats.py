"""Makes a model in each way that `--model` takes, by its real library, with what that library predicts for some rows.

Usage: `python formats.py FOLDER`; writes the models and `expected.json`: name → path, rows as records, predictions.
"""

import json
import sys
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import xgboost
from mlflow.models import infer_signature
from skl2onnx import to_onnx
from skops.io import dump
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

folder = Path(sys.argv[1])
frame, species = load_iris(return_X_y=True, as_frame=True)
words = np.array(["setosa", "versicolor", "virginica"])[species]
rows = frame.iloc[::10]
expected = {}


def expect(name: str, path: str, predictions: object) -> None:
    expected[name] = {"path": path, "records": rows.to_dict("records"), "predictions": predictions}


def classified(model: object) -> list[dict[str, object]]:
    """What the service answers for a classifier, from the library's own predictions."""
    found = zip(model.predict(rows).tolist(), model.predict_proba(rows).tolist(), strict=True)
    return [{"prediction": prediction, "probabilities": probabilities} for prediction, probabilities in found]


pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(frame, words)
dump(pipeline, folder / "model.skops")
expect("skops", "model.skops", classified(pipeline))

trees = xgboost.XGBClassifier(n_estimators=9).fit(frame, species)
trees.save_model(folder / "model.ubj")
expect("xgboost", "model.ubj", classified(trees))

text = '''
class Ratio:
    """How long the petals are for their width."""

    feature_names = ["sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)"]

    def predict(self, features):
        return features[:, 2] / (features[:, 3] + 1)
'''
(folder / "ratio.py").write_text(text)
expect("python", "ratio.py", (rows.iloc[:, 2] / (rows.iloc[:, 3] + 1)).tolist())

signature = infer_signature(frame, pipeline.predict(frame))
mlflow.sklearn.save_model(pipeline, folder / "flow-sklearn", signature=signature, serialization_format="skops")
expect("MLflow's sklearn", "flow-sklearn", classified(pipeline))
mlflow.xgboost.save_model(trees, folder / "flow-xgboost", signature=signature)
expect("MLflow's xgboost", "flow-xgboost", classified(trees))
graph = to_onnx(pipeline, frame.to_numpy(np.float32)[:1], options={"zipmap": False})
mlflow.onnx.save_model(graph, folder / "flow-onnx", signature=signature)
served = mlflow.pyfunc.load_model(str(folder / "flow-sklearn"))
assert served.predict(rows).tolist() == pipeline.predict(rows).tolist()
answers = [
    {"label": answer["prediction"], "probabilities": answer["probabilities"]} for answer in classified(pipeline)
]
expect("MLflow's onnx", "flow-onnx", answers)


class Asks(mlflow.pyfunc.PythonModel):
    def predict(self, context: object, model_input: pd.DataFrame) -> pd.DataFrame:
        return model_input


mlflow.pyfunc.save_model(folder / "flow-python", python_model=Asks())
mlflow.sklearn.save_model(pipeline, folder / "flow-pickle", serialization_format="cloudpickle")
(folder / "expected.json").write_text(json.dumps(expected))
