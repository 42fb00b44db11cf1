/** @module onnx_file What is read from an ONNX file besides running it: metadata, and constant tensors. */

// Field numbers in onnx.proto.
const MODEL = { graph: 7, metadata: 14 };
const ENTRY = { key: 1, value: 2 };
const INITIALIZER = 5;
const TENSOR = { type: 2, name: 8, raw: 9 };
/** Arrays by the number of their type: single precision, bytes. */
const ARRAYS = { 1: Float32Array, 2: Uint8Array };

// Wire types of protocol buffers.
const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

/**
 * An entry of `metadata_props`.
 * @param {Uint8Array} content the whole file
 * @param {string} key
 * @returns {string | undefined} undefined where there is none
 */
export function metadataEntry(content, key) {
  for (const [number, entry] of messageFields(content)) {
    if (number !== MODEL.metadata) continue;
    const parts = new Map(messageFields(entry));
    const text = (part) => new TextDecoder().decode(parts.get(part));
    if (text(ENTRY.key) === key) return text(ENTRY.value);
  }
  return undefined;
}

/**
 * Values of a constant tensor of single precision or of bytes.
 * @param {Uint8Array} content the whole file
 * @param {string} name
 * @returns {Float32Array | Uint8Array | undefined} undefined where there is none of that name that
 *   holds its values so
 */
export function constantTensor(content, name) {
  for (const [field, graph] of messageFields(content)) {
    if (field !== MODEL.graph) continue;
    for (const [number, tensor] of messageFields(graph)) {
      if (number !== INITIALIZER) continue;
      const parts = new Map(messageFields(tensor));
      if (new TextDecoder().decode(parts.get(TENSOR.name)) !== name) continue;
      const [raw, Values] = [parts.get(TENSOR.raw), ARRAYS[parts.get(TENSOR.type)]];
      // A copy of its own begins where numbers may begin.
      return raw && Values && new Values(raw.slice().buffer);
    }
  }
  return undefined;
}

/** Number and content of each field of a message, bytes or a number; it ends where the message is damaged. */
function* messageFields(message) {
  let position = 0;
  const varint = () => {
    let value = 0;
    for (let scale = 1; position < message.length && scale < 2 ** 63; scale *= 128) {
      const byte = message[position];
      position += 1;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    return NaN;
  };
  while (position < message.length) {
    const tag = varint();
    const [number, type] = [Math.floor(tag / 8), tag % 8];
    if (type === VARINT) {
      yield [number, varint()];
      continue;
    }
    const length = type === BYTES ? varint() : ({ [FIXED64]: 8, [FIXED32]: 4 }[type] ?? NaN);
    if (!(position + length <= message.length)) return;
    yield [number, message.subarray(position, position + length)];
    position += length;
  }
}
