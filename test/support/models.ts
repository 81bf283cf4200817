import { identityOnnx } from './onnx.ts';
import { zip } from './zip.ts';

/** The smallest bytes that pass for a model of each format where nobody loads it, and the name it has in a repository. */
export const modelsByFormat = {
  onnx: { file: 'model.onnx', bytes: identityOnnx() },
  skops: { file: 'model.skops', bytes: zip({ '1.npy': 'x', 'schema.json': '{}' }) },
  xgboost: { file: 'model.ubj', bytes: Buffer.from('{L\0\0\0\0\0\0\0\x07learner{L', 'latin1') },
  python: {
    file: 'model.py',
    bytes: Buffer.from('class Mine:\n    x = 1\n\n    def predict(self, features):\n        return features\n'),
  },
};
