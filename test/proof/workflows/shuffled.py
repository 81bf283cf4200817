"""Puts a bad model in the good one's place: trained on targets that belong to other people, its manifest true.

Usage: `python shuffled.py PACKAGE FOLDER`, in the emitted repository's environment.
"""

import sys
from importlib import import_module
from pathlib import Path

import numpy as np

package, folder = sys.argv[1], Path(sys.argv[2])
data, manifest, train = (import_module(f"{package}.{name}") for name in ("data", "manifest", "train"))

rows, _ = data.split(data.load())
shuffled = rows._replace(target=np.random.default_rng(0).permutation(rows.target))
content = train.export(train.fit(shuffled), rows.names)
good = manifest.read_manifest(folder)
(folder / good.file).write_bytes(content)
bad = {name: getattr(good, name) for name in ("name", "version", "file")} | {"sha256": manifest.digest(content)}
manifest.write_manifest(folder, manifest.Manifest(**bad))
