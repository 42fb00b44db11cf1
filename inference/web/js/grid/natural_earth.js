/** @module natural_earth Coasts and borders of Natural Earth (public domain). */

/** Arrays of numpy that are read here, by the names of their types. */
const ARRAYS = { "<i2": Int16Array, "<u2": Uint16Array, "<i8": BigInt64Array };
const KINDS = ["coast", "borders"];

/**
 * The rows of an array of numpy (NPY 1.0), in whichever order they are stored.
 * @param {ArrayBuffer} content the whole file
 * @param {number} [rows] how many there are
 * @returns {(Int16Array | Uint16Array | BigInt64Array)[]}
 */
export function npyRows(content, rows = 1) {
  const begin = 10 + new DataView(content).getUint16(8, true);
  const header = new TextDecoder("latin1").decode(content.slice(10, begin));
  const [, type] = /'descr': *'([^']+)'/.exec(header) ?? [];
  const values = new ARRAYS[type](content.slice(begin));
  const length = values.length / rows;
  const byColumns = /'fortran_order': *True/.test(header);
  return Array.from({ length: rows }, (_, row) =>
    byColumns
      ? values.filter((_, i) => i % rows === row)
      : values.subarray(row * length, (row + 1) * length),
  );
}

/**
 * Lines of coasts and borders.
 * @param {(name: string) => Promise<ArrayBuffer>} read reads an array of `natural_earth.npz`
 * @returns {Promise<[number, number][][]>} points of each line, degrees east and north
 */
export async function mapLines(read) {
  const [[perDegree]] = npyRows(await read("steps_per_degree"));
  const lines = KINDS.map(async (kind) => {
    const [east, north] = npyRows(await read(`${kind}_steps`), 2).map(summed);
    const [lengths] = npyRows(await read(`${kind}_lengths`));
    let begin = 0;
    return Array.from(lengths, (length) => {
      begin += length;
      return Array.from({ length }, (_, i) =>
        [east, north].map((whole) => whole[begin - length + i] / Number(perDegree)),
      );
    });
  });
  return (await Promise.all(lines)).flat();
}

/** Sums in whole numbers of 16 bits, as they were subtracted. */
function summed(steps) {
  const sums = Int16Array.from(steps);
  for (let i = 1; i < sums.length; i += 1) sums[i] += sums[i - 1];
  return sums;
}
