/**
 * @module netcdf Writer of netCDF files in the classic format with 64-bit offsets (CDF-2).
 *
 * Every program that reads netCDF reads it; the format is specified in the NetCDF Users Guide,
 * appendix "File Format Specifications".
 */

const TAG = { dimension: 10, variable: 11, attribute: 12 };
const LARGEST_SIZE = 2 ** 32 - 1;

/** Number and size of the external types, by the arrays that hold them. */
const TYPES = new Map([
  [Int8Array, { number: 1, size: 1, set: "setInt8" }],
  [Uint8Array, { number: 2, size: 1, set: "setUint8" }],
  [Int16Array, { number: 3, size: 2, set: "setInt16" }],
  [Int32Array, { number: 4, size: 4, set: "setInt32" }],
  [Float32Array, { number: 5, size: 4, set: "setFloat32" }],
  [Float64Array, { number: 6, size: 8, set: "setFloat64" }],
]);

/**
 * @typedef {Int8Array | Uint8Array | Int16Array | Int32Array | Float32Array | Float64Array} Numbers
 *   a Uint8Array holds characters in UTF-8
 * @typedef {Record<string, string | Numbers>} Attributes
 *
 * @typedef {object} Variable
 * @property {string} name
 * @property {string[]} dimensions names, slowest first
 * @property {Numbers[]} parts its values, one array after the other; at least one
 * @property {Attributes} attributes
 *
 * @typedef {object} Dataset
 * @property {Record<string, number>} dimensions lengths by name
 * @property {Variable[]} variables
 * @property {Attributes} attributes
 */

/**
 * The bytes of a netCDF file.
 * @param {Dataset} dataset
 * @returns {Uint8Array[]} pieces of the file, one after the other
 */
export function netcdfBytes(dataset) {
  // Offsets have a fixed width, so the header has its length whatever they are.
  const { length } = header(dataset, () => 0);
  const begins = new Map();
  let position = length;
  for (const variable of dataset.variables) {
    begins.set(variable.name, position);
    position += padded(sizeOf(variable));
  }
  const pieces = [header(dataset, (name) => begins.get(name))];
  for (const variable of dataset.variables) {
    pieces.push(...variable.parts.map(bigEndian));
    const size = sizeOf(variable);
    pieces.push(new Uint8Array(padded(size) - size));
  }
  return pieces;
}

/** Characters of texts in rows of one length, filled up with zeros. */
export function characters(texts) {
  const encoded = texts.map((text) => new TextEncoder().encode(text));
  const length = Math.max(1, ...encoded.map((bytes) => bytes.length));
  const rows = new Uint8Array(texts.length * length);
  encoded.forEach((bytes, row) => rows.set(bytes, row * length));
  return { length, rows };
}

function header({ dimensions, variables, attributes }, beginOf) {
  const names = Object.keys(dimensions);
  const bytes = new Bytes();
  bytes.raw(new TextEncoder().encode("CDF\x02"));
  bytes.integer(0); // no record dimension
  bytes.list(TAG.dimension, names, (name) => {
    bytes.text(name);
    bytes.integer(dimensions[name]);
  });
  bytes.attributes(attributes);
  bytes.list(TAG.variable, variables, (variable) => {
    const size = padded(sizeOf(variable));
    bytes.text(variable.name);
    bytes.integer(variable.dimensions.length);
    for (const name of variable.dimensions) bytes.integer(names.indexOf(name));
    bytes.attributes(variable.attributes);
    bytes.integer(typeOf(variable.parts[0]).number);
    bytes.integer(Math.min(size, LARGEST_SIZE));
    bytes.offset(beginOf(variable.name));
  });
  return bytes.whole();
}

/** Bytes of a header as they are gathered. */
class Bytes {
  #pieces = [];

  raw(piece) {
    this.#pieces.push(piece, new Uint8Array(padded(piece.length) - piece.length));
  }

  integer(value) {
    this.raw(bigEndian(Int32Array.of(value)));
  }

  offset(value) {
    this.integer(Math.floor(value / 2 ** 32));
    this.integer(value % 2 ** 32);
  }

  text(value) {
    const encoded = new TextEncoder().encode(value);
    this.integer(encoded.length);
    this.raw(encoded);
  }

  list(tag, items, write) {
    this.integer(items.length ? tag : 0);
    this.integer(items.length);
    items.forEach(write);
  }

  attributes(attributes) {
    this.list(TAG.attribute, Object.entries(attributes), ([name, value]) => {
      const values = typeof value === "string" ? new TextEncoder().encode(value) : value;
      this.text(name);
      this.integer(typeOf(values).number);
      this.integer(values.length);
      this.raw(bigEndian(values));
    });
  }

  whole() {
    const total = this.#pieces.reduce((sum, piece) => sum + piece.length, 0);
    const bytes = new Uint8Array(total);
    let position = 0;
    for (const piece of this.#pieces) {
      bytes.set(piece, position);
      position += piece.length;
    }
    return bytes;
  }
}

function typeOf(values) {
  return TYPES.get(values.constructor);
}

function sizeOf({ parts }) {
  return parts.reduce((sum, part) => sum + part.byteLength, 0);
}

/** Everything in the file begins at a multiple of four bytes. */
function padded(size) {
  return Math.ceil(size / 4) * 4;
}

function bigEndian(values) {
  const { size, set } = typeOf(values);
  const view = new DataView(new ArrayBuffer(values.length * size));
  values.forEach((value, i) => view[set](i * size, value));
  return new Uint8Array(view.buffer);
}
