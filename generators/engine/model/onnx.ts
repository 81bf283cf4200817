// Field numbers in onnx.proto (ONNX IR specification).
const modelProto = { irVersion: 1, graph: 7, known: new Set([1, 2, 3, 4, 5, 6, 7, 8, 14, 20, 25, 26]) };
const graphProto = { initializer: 5, output: 12 };
const tensorProto = { dataLocation: 14, external: 1 };
const valueInfoProto = { name: 1, type: 2 };
const typeProto = { tensor: 1 };

interface Field {
  readonly field: number;
  /** The bytes of a length-delimited field; undefined for a number. */
  readonly bytes: Buffer | undefined;
  /** The number, of a varint field. */
  readonly value: number | undefined;
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
    fields.push({
      field,
      bytes: wire === 2 ? bytes.subarray(at, at + length) : undefined,
      value: wire === 0 ? value : undefined,
    });
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

const part = (message: Buffer | undefined, wanted: number) =>
  (message ? fieldsOf(message) : undefined)?.find(({ field }) => field === wanted)?.bytes;

const inGraph = (bytes: Buffer, wanted: number) =>
  (fieldsOf(part(bytes, modelProto.graph) ?? Buffer.alloc(0)) ?? []).filter(({ field }) => field === wanted);

/** The first output that is no tensor but a sequence or a map, which no inference protocol can carry; undefined if none is. */
export function outputThatIsNoTensor(bytes: Buffer): string | undefined {
  const other = inGraph(bytes, graphProto.output).find(
    ({ bytes: output }) => !part(part(output, valueInfoProto.type), typeProto.tensor),
  );
  return other && String(part(other.bytes, valueInfoProto.name));
}

/** Whether some of the weights lie in another file. */
export function weightsOutside(bytes: Buffer): boolean {
  const { dataLocation, external } = tensorProto;
  return inGraph(bytes, graphProto.initializer).some(({ bytes: tensor = Buffer.alloc(0) }) =>
    fieldsOf(tensor)?.some(({ field, value }) => field === dataLocation && value === external),
  );
}
