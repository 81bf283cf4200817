"""MLServer: a runtime of one's own on the same model, in the server's process (its parallel workers cost more)."""

import numpy as np
from classifier import load
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceRequest, InferenceResponse


class Classifier(MLModel):
    async def load(self) -> bool:
        self.model = load()
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        rows = NumpyCodec.decode_input(payload.inputs[0])
        labels, probabilities = self.model(rows)
        outputs = [
            NumpyCodec.encode_output("labels", np.reshape(labels, (-1, 1))),
            NumpyCodec.encode_output("probabilities", probabilities),
        ]
        return InferenceResponse(model_name=self.name, outputs=outputs)
