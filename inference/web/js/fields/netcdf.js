/**
 * @module netcdf Writer of netCDF files in the classic format with 64-bit offsets (CDF-2).
 *
 * Every program that reads netCDF reads it; the format is specified in the NetCDF Users Guide,
 * appendix "File Format Specifications".
 */

const TAG = { dimension: 10, variable: 11, attribute: 12 };

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
 * @property {string[]} dimensions names, slowest first; the record dimension can only be the first
 * @property {Numbers[]} parts its values: an array a record, or a single one
 * @property {Attributes} attributes
 *
 * @typedef {object} Dataset
 * @property {string} record name of the record dimension, which can grow; two variables at least
 *   have it
 * @property {Record<string, number>} dimensions lengths by name
 * @property {Variable[]} variables
 * @property {Attributes} attributes
 */

/**
 * The bytes of a netCDF file: header, variables without records, and record by record the others.
 * @param {Dataset} dataset
 * @returns {Uint8Array[]} pieces of the file, one after the other
 */
export function netcdfBytes(dataset) {
  const { dimensions, record, variables } = dataset;
  const grows = (variable) => variable.dimensions[0] === record;
  const ordered = [...variables.filter((variable) => !grows(variable)), ...variables.filter(grows)];
  // Offsets have a fixed width, so the header has its length whatever they are.
  let position = header(dataset, () => 0).length;
  const begins = new Map();
  for (const variable of ordered) {
    begins.set(variable.name, position);
    position += padded(variable.parts[0].byteLength);
  }
  const pieces = [header(dataset, (name) => begins.get(name))];
  for (const variable of ordered)
    if (!grows(variable)) pieces.push(...valueBytes(variable.parts[0]));
  for (let number = 0; number < dimensions[record]; number += 1) {
    for (const variable of ordered)
      if (grows(variable)) pieces.push(...valueBytes(variable.parts[number]));
  }
  return pieces;
}

/** Bytes of values, and those that fill up to a multiple of four. */
function valueBytes(values) {
  const bytes = bigEndian(values);
  return [bytes, new Uint8Array(padded(bytes.length) - bytes.length)];
}

/** Characters of texts in rows of one length, filled up with zeros. */
export function characters(texts) {
  const encoded = texts.map((text) => new TextEncoder().encode(text));
  const length = Math.max(1, ...encoded.map((bytes) => bytes.length));
  const rows = new Uint8Array(texts.length * length);
  encoded.forEach((bytes, row) => rows.set(bytes, row * length));
  return { length, rows };
}

function header({ dimensions, record, variables, attributes }, beginOf) {
  const names = Object.keys(dimensions);
  const bytes = new Bytes();
  bytes.raw(new TextEncoder().encode("CDF\x02"));
  bytes.integer(dimensions[record]);
  bytes.list(TAG.dimension, names, (name) => {
    bytes.text(name);
    bytes.integer(name === record ? 0 : dimensions[name]);
  });
  bytes.attributes(attributes);
  bytes.list(TAG.variable, variables, (variable) => {
    bytes.text(variable.name);
    bytes.integer(variable.dimensions.length);
    for (const name of variable.dimensions) bytes.integer(names.indexOf(name));
    bytes.attributes(variable.attributes);
    bytes.integer(typeOf(variable.parts[0]).number);
    bytes.integer(padded(variable.parts[0].byteLength));
    bytes.offset(beginOf(variable.name));
  });
  return bytes.whole();
}

/** Bytes of a header as they are gathered. */
class Bytes {
  #pieces = [];

  raw(values) {
    this.#pieces.push(...valueBytes(values));
  }

  integer(value) {
    this.raw(Int32Array.of(value));
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
      this.raw(values);
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
