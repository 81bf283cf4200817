// A minimal writer of the protobuf wire format, for ONNX models small enough to be inline in a test (onnx.proto).
const varint = (value: number): number[] => (value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)]);
const number = (field: number, value: number) => [...varint(field << 3), ...varint(value)];
const bytes = (field: number, content: number[]) => [
  ...varint((field << 3) | 2),
  ...varint(content.length),
  ...content,
];
const text = (field: number, value: string) => bytes(field, [...Buffer.from(value)]);

/** ONNX element types (TensorProto.DataType). */
export const elementTypes = {
  float: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  double: 11,
  uint32: 12,
  uint64: 13,
} as const;

export interface Tensor {
  readonly input: string;
  readonly output: string;
  readonly type: keyof typeof elementTypes;
  /** A name is a dimension that varies. */
  readonly shape: readonly (number | string)[];
  /** Declares the output a sequence of such tensors, as ZipMap does with maps. */
  readonly sequence?: true;
}

/** A model that hands each of its inputs on as an output; with `outside`, it has a weight that lies in another file. */
export function identityOnnx(
  tensors: readonly Tensor[] = [{ input: 'x', output: 'y', type: 'float', shape: ['N', 2] }],
  outside = false,
): Buffer {
  const valueInfo = (name: string, { type, shape }: Tensor, sequence = false) => {
    const dims = shape.flatMap((dim) => bytes(1, typeof dim === 'number' ? number(1, dim) : text(2, dim)));
    const tensor = [...number(1, elementTypes[type]), ...bytes(2, dims)];
    const plain = bytes(1, tensor);
    return [...text(1, name), ...bytes(2, sequence ? bytes(4, bytes(1, plain)) : plain)];
  };
  const graph = [
    ...tensors.flatMap(({ input, output }) =>
      bytes(1, [...text(1, input), ...text(2, output), ...text(4, 'Identity')]),
    ),
    ...text(2, 'identity'),
    ...(outside
      ? bytes(5, [...number(1, 2), ...number(2, elementTypes.float), ...text(8, 'w'), ...number(14, 1)])
      : []),
    ...tensors.flatMap((tensor) => bytes(11, valueInfo(tensor.input, tensor))),
    ...tensors.flatMap((tensor) => bytes(12, valueInfo(tensor.output, tensor, tensor.sequence))),
  ];
  return Buffer.from([...number(1, 8), ...bytes(7, graph), ...bytes(8, number(2, 13))]);
}
