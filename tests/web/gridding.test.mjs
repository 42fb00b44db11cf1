// Gridding and distances, by hand and by brute force.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Grid } from "../../inference/web/js/grid/grid.js";
import { gridDay, stationDistance } from "../../inference/web/js/stations/gridding.js";

const grid = new Grid({
  projection: {
    grid_mapping_name: "mercator",
    longitude_of_projection_origin: 10,
    standard_parallel: 0,
    earth_radius: 6_370_000,
  },
  rows: 5,
  columns: 7,
  cell_size: 100_000,
  first_x: -300_000,
  first_y: -200_000,
});
const variables = [{ name: "pm25" }, { name: "wind_speed" }];

test("stations of a cell are averaged, and a calm is an observation", () => {
  const used = {
    pm25: Float64Array.of(NaN, NaN, NaN, 10, 20, 30),
    wind_speed: Float64Array.of(1, 1, 1, NaN, 0, 5),
  };
  // The third station stands outside the grid.
  const day = gridDay(used, 1, Int32Array.of(8, 8, -1), { grid, variables });
  assert.equal(day.observations[8], 15);
  assert.equal(day.stationCount[8], 2);
  assert.equal(day.observed[8], 1);
  assert.deepEqual([day.observations[35 + 8], day.observed[35 + 8]], [0, 1]);
  assert.equal(
    day.observed.reduce((sum, value) => sum + value),
    2,
  );
});

test("a model that counts stations gets their number, of the fused variable alone", () => {
  const used = { pm25: Float64Array.of(10, 20, 30), wind_speed: Float64Array.of(4, 0, 5) };
  const model = { grid, variables, countsStations: true };
  const day = gridDay(used, 0, Int32Array.of(8, 8, 9), model);
  assert.deepEqual([...day.observed.subarray(8, 10)], [2, 1]);
  assert.deepEqual([...day.observed.subarray(35 + 8, 35 + 10)], [1, 1]);
  assert.equal(
    day.observed.reduce((sum, value) => sum + value),
    5,
  );
});

test("distances are those of brute force", () => {
  for (let seed = 1; seed < 40; seed += 1) {
    const counts = Int16Array.from({ length: 35 }, (_, i) =>
      Number((i * i * seed + 7 * i) % 11 === seed % 11),
    );
    counts[seed % 35] = 1;
    const occupied = [...counts.keys()].filter((cell) => counts[cell]);
    const distances = stationDistance(counts, grid);
    distances.forEach((distance, cell) => {
      const each = occupied.map((other) =>
        Math.hypot((cell % 7) - (other % 7), Math.floor(cell / 7) - Math.floor(other / 7)),
      );
      // Distances are in single precision.
      assert.ok(Math.abs(distance - 100_000 * Math.min(...each)) < 0.1);
    });
  }
});

test("a point lies in the cell whose centre is nearest", () => {
  assert.equal(grid.cell(10, 0), 2 * 7 + 3);
  assert.equal(grid.cell(10 + 360, 0), 2 * 7 + 3);
  assert.equal(grid.cell(0, 60), -1);
  assert.equal(grid.cell(NaN, NaN), -1);
  for (let cell = 0; cell < grid.size; cell += 1)
    assert.equal(grid.cell(...grid.centre(cell)), cell);
});
