"""Makes models and rows that they have not seen, by the real libraries: `python samples.py FOLDER`.

`iris.onnx` classifies, `diabetes.ubj` foresees a number; `shuffled.onnx` and `shuffled.ubj` learnt from shuffled labels and so
have learnt nothing.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
import xgboost
from skl2onnx import to_onnx
from sklearn.datasets import load_diabetes, load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

folder = Path(sys.argv[1])
random = np.random.default_rng(3)

frame, species = load_iris(return_X_y=True, as_frame=True)
words = np.array(["setosa", "versicolor", "virginica"])[species]
seen, unseen = slice(0, None, 2), slice(1, None, 2)


def classifier(name: str, labels: np.ndarray) -> None:
    """Writes a classifier of the rows seen, in ONNX with the names of its columns."""
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(frame[seen], labels)
    graph = to_onnx(model, frame.to_numpy(np.float32)[:1], options={"zipmap": False})
    onnx.helper.set_model_props(graph, {"feature_names": json.dumps([*frame.columns])})
    (folder / name).write_bytes(graph.SerializeToString())


classifier("iris.onnx", words[seen])
classifier("shuffled.onnx", random.permutation(words[seen]))
rows = frame[unseen].assign(species=words[unseen])
rows.to_csv(folder / "iris.csv", index=False)
wrong = rows.astype({"petal width (cm)": object})
wrong.iloc[4, 3] = "wide"
wrong.to_csv(folder / "wrong.csv", index=False)

frame, progression = load_diabetes(return_X_y=True, as_frame=True, scaled=False)


def regressor(name: str, targets: np.ndarray) -> None:
    """Writes a regressor of the rows seen."""
    xgboost.XGBRegressor(n_estimators=40, max_depth=2, learning_rate=0.1).fit(frame[seen], targets).save_model(folder / name)


regressor("diabetes.ubj", progression[seen].to_numpy())
regressor("shuffled.ubj", random.permutation(progression[seen]))
frame[unseen].assign(progression=progression[unseen]).to_parquet(folder / "diabetes.parquet")
