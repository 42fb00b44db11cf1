/** @module natural_earth Coasts and borders of Natural Earth (public domain). */

/** Arrays of numpy that are read here, by the names of their types. */
const ARRAYS = { "<i2": Int16Array, "<u2": Uint16Array, "<i8": BigInt64Array };
const KINDS = ["coast", "borders"];

/**
 * The values of a file of numpy (NPY 1.0), in the order of the file.
 * @param {ArrayBuffer} content
 * @returns {Int16Array | Uint16Array | BigInt64Array}
 */
export function npyValues(content) {
  const begin = 10 + new DataView(content).getUint16(8, true);
  const header = new TextDecoder("latin1").decode(content.slice(10, begin));
  const [, type] = /'descr': *'([^']+)'/.exec(header) ?? [];
  return new ARRAYS[type](content.slice(begin));
}

/**
 * Lines of coasts and borders.
 * @param {string} folder where the arrays of `natural_earth.npz` lie
 * @returns {Promise<[number, number][][]>} points of each line, degrees east and north
 */
export async function mapLines(folder) {
  const array = async (name) => {
    const response = await fetch(`${folder}/${name}.npy`);
    if (!response.ok) throw new Error(`${name}.npy: ${response.status}`);
    return npyValues(await response.arrayBuffer());
  };
  const [perDegree] = await array("steps_per_degree");
  const lines = KINDS.map(async (kind) =>
    linesOf(await array(`${kind}_steps`), await array(`${kind}_lengths`), Number(perDegree)),
  );
  return (await Promise.all(lines)).flat();
}

/** Lines from the steps between their points: all to the east, then all to the north. */
function linesOf(steps, lengths, perDegree) {
  const count = steps.length / 2;
  const [east, north] = [summed(steps.subarray(0, count)), summed(steps.subarray(count))];
  let begin = 0;
  return Array.from(lengths, (length) => {
    begin += length;
    return Array.from({ length }, (_, i) => [
      east[begin - length + i] / perDegree,
      north[begin - length + i] / perDegree,
    ]);
  });
}

/** Sums in whole numbers of 16 bits, as they were subtracted. */
function summed(steps) {
  const sums = Int16Array.from(steps);
  for (let i = 1; i < sums.length; i += 1) sums[i] += sums[i - 1];
  return sums;
}
