import path from 'node:path';
import { zipEntries } from './zip.ts';

const torch = 'export it to ONNX (torch.onnx.export) and give that file';
const others =
  'save it as skops (skops.io.dump), export it to ONNX (scikit-learn: skl2onnx.to_onnx), or save an XGBoost model with booster.save_model("model.ubj"), and give that file';

const recipes: Readonly<Record<string, string>> = {
  '.pkl': others,
  '.pickle': others,
  '.joblib': others,
  '.dill': others,
  '.pt': torch,
  '.pth': torch,
};

/** How to save a model otherwise that lies in a file with a pickle's name; undefined for any other name. */
export const pickleRecipe = (file: string): string | undefined => recipes[path.extname(file).toLowerCase()];

/** The same for bytes that are a pickle, whatever the file is called: of protocol 2 to 5, or in PyTorch's zip. */
export function pickleRecipeOf(bytes: Buffer): string | undefined {
  const [first, protocol = 0] = bytes;
  if (first === 0x80 && protocol >= 2 && protocol <= 5) return others;
  return zipEntries(bytes)?.some((name) => /(^|\/)[^/]*\.pkl$/.test(name)) ? torch : undefined;
}
