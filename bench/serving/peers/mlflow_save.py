"""Saves BENCH_MODEL as an MLflow model in the folder that is given; `mlflow models serve` serves that."""

import os
import shutil
import sys

path, folder = os.environ["BENCH_MODEL"], sys.argv[1]
shutil.rmtree(folder, ignore_errors=True)
if path.endswith(".onnx"):
    import mlflow.onnx
    import onnx

    mlflow.onnx.save_model(
        onnx.load(path),
        folder,
        onnx_execution_providers=["CPUExecutionProvider"],
        onnx_session_options={"intra_op_num_threads": 1},
    )
else:
    import joblib
    import mlflow.sklearn

    mlflow.sklearn.save_model(joblib.load(path), folder, serialization_format="cloudpickle")
