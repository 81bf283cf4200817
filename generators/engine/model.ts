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
  const other = outputThatIsNoTensor(modelContent);
  if (other !== undefined)
    throw new UserError(
      `${shown} has the output ${JSON.stringify(other)}, which is no tensor: export it again without ZipMap (skl2onnx.to_onnx(…, options={"zipmap": False}))`,
    );
  return { model: 'onnx', modelSha256: digest(modelContent), modelContent };
}

// Field numbers in onnx.proto (ONNX IR specification).
const modelProto = { irVersion: 1, graph: 7, known: new Set([1, 2, 3, 4, 5, 6, 7, 8, 14, 20, 25, 26]) };
const graphProto = { output: 12 };
const valueInfoProto = { name: 1, type: 2 };
const typeProto = { tensor: 1 };

interface Field {
  readonly field: number;
  /** The bytes of a length-delimited field; undefined for a number. */
  readonly bytes: Buffer | undefined;
}

/** The fields of a protobuf message, or undefined where the bytes are none. */
function fieldsOf(bytes: Buffer): Field[] | undefined {
  const fields: Field[] = [];
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
    const value = wire === 0 || wire === 2 ? varint() : wire === 1 ? 8 : wire === 5 ? 4 : Number.NaN;
    if (Number.isNaN(value)) return undefined;
    const length = wire === 0 ? 0 : value;
    fields.push({ field, bytes: wire === 2 ? bytes.subarray(at, at + length) : undefined });
    at += length;
  }
  return at === bytes.length ? fields : undefined;
}

/** Whether the bytes are a message with ModelProto's fields throughout, an IR version and a graph among them. */
export function isOnnx(bytes: Buffer): boolean {
  const fields = fieldsOf(bytes) ?? [];
  const { irVersion, graph, known } = modelProto;
  return (
    fields.every(({ field }) => known.has(field)) &&
    [irVersion, graph].every((needed) => fields.some(({ field }) => field === needed))
  );
}

/** The first output that is no tensor but a sequence or a map, which no inference protocol can carry; undefined if none is. */
function outputThatIsNoTensor(bytes: Buffer): string | undefined {
  const part = (message: Buffer | undefined, wanted: number) =>
    (message ? fieldsOf(message) : undefined)?.find(({ field }) => field === wanted)?.bytes;
  const outputs = (fieldsOf(part(bytes, modelProto.graph) ?? Buffer.alloc(0)) ?? []).filter(
    ({ field }) => field === graphProto.output,
  );
  const other = outputs.find(({ bytes: output }) => !part(part(output, valueInfoProto.type), typeProto.tensor));
  return other && String(part(other.bytes, valueInfoProto.name));
}
