"""Writes MLServer's settings into a folder, for a port: one process, no metrics, no debug log."""

import json
import os
import sys
from pathlib import Path

folder, port = Path(sys.argv[1]), int(sys.argv[2])
server = {
    "host": "127.0.0.1",
    "http_port": port,
    "grpc_port": port + 1,
    "parallel_workers": 0,
    "metrics_endpoint": None,
    "debug": False,
}
model = {"name": "model", "implementation": "mlserver_model.Classifier"}
if os.environ.get("BENCH_BATCH") == "1":
    model |= {"max_batch_size": 64, "max_batch_time": 0.001}
(folder / "settings.json").write_text(json.dumps(server), encoding="utf-8")
(folder / "model-settings.json").write_text(json.dumps(model), encoding="utf-8")
