/** @module coastline Coastline of Natural Earth at 1:50 million (public domain). */

/** Arrays of numpy that are read here, by the names of their types. */
const ARRAYS = { "<i2": Int16Array, "<i4": Int32Array, "<i8": BigInt64Array };

/**
 * The values of a file of numpy (NPY 1.0), in the order of the file.
 * @param {ArrayBuffer} content
 * @returns {Int16Array | Int32Array | BigInt64Array}
 */
export function npyValues(content) {
  const begin = 10 + new DataView(content).getUint16(8, true);
  const header = new TextDecoder("latin1").decode(content.slice(10, begin));
  const [, type] = /'descr': *'([^']+)'/.exec(header) ?? [];
  return new ARRAYS[type](content.slice(begin));
}

/**
 * Lines of the coast.
 * @param {string} folder where `points.npy`, `starts.npy` and `steps_per_degree.npy` lie
 * @returns {Promise<[number, number][][]>} points of each line, degrees east and north
 */
export async function coastlines(folder) {
  const [points, starts, steps] = await Promise.all(
    ["points", "starts", "steps_per_degree"].map(async (name) => {
      const response = await fetch(`${folder}/${name}.npy`);
      if (!response.ok) throw new Error(`${name}.npy: ${response.status}`);
      return npyValues(await response.arrayBuffer());
    }),
  );
  const perDegree = Number(steps[0]);
  return Array.from(starts, (start, line) => {
    const length = (starts[line + 1] ?? points.length / 2) - start;
    return Array.from({ length }, (_, i) => [
      points[2 * (start + i)] / perDegree,
      points[2 * (start + i) + 1] / perDegree,
    ]);
  });
}
