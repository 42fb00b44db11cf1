/** @module gridding From stations to cells: what a model takes, and where it falls on its grid. */

/**
 * @typedef {object} GriddedDay input of a model
 * @property {Float32Array} observations means over the stations of a cell, 0 where there are none;
 *   variable, row, column
 * @property {Float32Array} observed 1 where there are any, 0 elsewhere; of the fused variable their
 *   number, for a model that counts stations
 * @property {Int16Array} stationCount stations of the fused variable in each cell
 */

/**
 * Average the stations of each cell on a day.
 * @param {Record<string, Float64Array>} used daily means by variable, as `placed` gives them
 * @param {number} day position among the days
 * @param {Int32Array} cells cell of each station, -1 outside the grid
 * @param {import("../model/metadata.js").Model} model
 * @returns {GriddedDay}
 */
export function gridDay(used, day, cells, { grid, variables, countsStations }) {
  const { size } = grid;
  const means = new Float32Array(variables.length * size);
  const observed = new Float32Array(means.length);
  let stationCount;
  variables.forEach(({ name }, channel) => {
    const total = new Float64Array(size);
    const count = new Int16Array(size);
    cells.forEach((cell, station) => {
      const value = used[name][day * cells.length + station];
      if (cell < 0 || Number.isNaN(value)) return;
      total[cell] += value;
      count[cell] += 1;
    });
    for (let cell = 0; cell < size; cell += 1) {
      if (!count[cell]) continue;
      means[channel * size + cell] = total[cell] / count[cell];
      observed[channel * size + cell] = countsStations && channel === 0 ? count[cell] : 1;
    }
    stationCount ??= count;
  });
  return { observations: means, observed, stationCount };
}

/**
 * Distance from each cell centre to that of the nearest cell with a station.
 *
 * Exact Euclidean distance in two passes: along each row, then over the rows above and below
 * (Felzenszwalb and Huttenlocher, Theory of Computing 8, 2012, with the minimum over parabolas taken
 * directly).
 * @param {Int16Array} stationCount stations in each cell; at least one
 * @param {import("../grid/grid.js").Grid} grid
 * @returns {Float32Array} m in the plane of the projection
 */
export function stationDistance(stationCount, { rows, columns, cellSize }) {
  const alongRow = new Float64Array(stationCount.length).fill(Infinity);
  for (let first = 0; first < rows * columns; first += columns) {
    sweep(stationCount, alongRow, first, 1, columns);
    sweep(stationCount, alongRow, first + columns - 1, -1, columns);
  }
  const distance = new Float32Array(stationCount.length);
  for (let cell = 0; cell < distance.length; cell += 1) {
    const row = Math.floor(cell / columns);
    let nearest = alongRow[cell] ** 2;
    for (let offset = 1; offset < rows && offset ** 2 < nearest; offset += 1) {
      const south = row >= offset ? alongRow[cell - offset * columns] : Infinity;
      const north = row + offset < rows ? alongRow[cell + offset * columns] : Infinity;
      nearest = Math.min(nearest, offset ** 2 + Math.min(south, north) ** 2);
    }
    distance[cell] = Math.sqrt(nearest) * cellSize;
  }
  return distance;
}

/** Cells since the last station on the way along a row, where that is fewer than known. */
function sweep(stationCount, distance, first, step, length) {
  let since = Infinity;
  for (let i = 0, cell = first; i < length; i += 1, cell += step) {
    since = stationCount[cell] ? 0 : since + 1;
    distance[cell] = Math.min(distance[cell], since);
  }
}
