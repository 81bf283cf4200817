import path from 'node:path';
import fs from 'fs-extra';
import { digest } from './digest.ts';
import { UserError } from './errors.ts';

/** A model that the user hands over. */
export interface HandedModel {
  /** Its format, as templates name it. */
  readonly model: string;
  readonly modelSha256: string;
  readonly modelContent: Buffer;
}

const recipe = 'export it to ONNX (scikit-learn: skl2onnx.to_onnx, PyTorch: torch.onnx.export) and give that file';

/**
 * Reads a model to be served. The bytes are checked to be ONNX and are never run here.
 *
 * @throws UserError if the file cannot be read or is of no supported format.
 */
export async function readModel(typed: string, cwd: string): Promise<HandedModel> {
  const file = path.resolve(cwd, typed);
  const shown = `--model ${JSON.stringify(typed)}`;
  if (/\.(pkl|pickle|joblib|pt|pth)$/i.test(file))
    throw new UserError(`${shown} is a pickle, and loading one runs whatever code is in it: ${recipe}`);
  const modelContent = await fs.readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EISDIR') throw new UserError(`${shown} is a folder; this version takes ONNX files: ${recipe}`);
    throw new UserError(`${shown} cannot be read (${error.code}): give the path of an ONNX file`);
  });
  if (!isOnnx(modelContent))
    throw new UserError(
      `${shown} is no ONNX model${path.extname(file) === '.onnx' ? ', whatever its name says' : ''}: ${recipe}`,
    );
  return { model: 'onnx', modelSha256: digest(modelContent), modelContent };
}

// Field numbers of ModelProto in onnx.proto (ONNX IR specification).
const irVersion = 1;
const graph = 7;
const knownFields = new Set([irVersion, 2, 3, 4, 5, 6, graph, 8, 14, 20, 25, 26]);

/** Whether the bytes are a protobuf message with ModelProto's fields throughout, an IR version and a graph among them. */
export function isOnnx(bytes: Buffer): boolean {
  const seen = new Set<number>();
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 64 && at < bytes.length; shift += 7) {
      const byte = bytes[at++] as number;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    return Number.NaN;
  };
  while (at < bytes.length) {
    const key = varint();
    const [field, wire] = [Math.floor(key / 8), key % 8];
    if (!knownFields.has(field) || (wire !== 0 && wire !== 2)) return false;
    const value = varint();
    if (Number.isNaN(value)) return false;
    if (wire === 2) at += value;
    seen.add(field);
  }
  return at === bytes.length && seen.has(irVersion) && seen.has(graph);
}
