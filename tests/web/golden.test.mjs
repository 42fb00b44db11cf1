// What Python has prepared in the folder GOLDEN, computed by the modules of the page.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { mapLines } from "../../inference/web/js/grid/natural_earth.js";
import { readModel } from "../../inference/web/js/model/metadata.js";
import { characters, netcdfBytes } from "../../inference/web/js/fields/netcdf.js";
import { projectionOf } from "../../inference/web/js/grid/projection.js";

const golden = (name) => join(process.env.GOLDEN, name);

test("projections are those of PROJ", () => {
  const cases = JSON.parse(readFileSync(golden("projections.json")));
  for (const { mapping, points } of cases) {
    const projection = projectionOf(mapping);
    for (const { longitude, latitude, x, y } of points) {
      const [east, north] = projection.forward(longitude, latitude);
      // A micrometre: both work in double precision, over distances of 10,000 km.
      assert.ok(
        Math.hypot(east - x, north - y) < 1e-6,
        `${mapping.grid_mapping_name}: ${east - x}, ${north - y}`,
      );
      const [back, up] = projection.inverse(x, y);
      assert.ok(Math.abs(((back - longitude + 540) % 360) - 180) < 1e-9);
      assert.ok(Math.abs(up - latitude) < 1e-9);
    }
  }
});

test("a projection that is not known is named", () => {
  assert.throws(
    () => projectionOf({ grid_mapping_name: "sinusoidal" }),
    /'sinusoidal', this page knows/,
  );
  assert.throws(() => projectionOf({ grid_mapping_name: "mercator" }), /incomplete or impossible/);
});

test("the description is read from the ONNX file", () => {
  const { name, version, grid, variables } = readModel(
    "shipped.onnx",
    readFileSync(golden("shipped.onnx")),
  );
  const expected = JSON.parse(readFileSync(golden("metadata.json")));
  assert.deepEqual(
    [name, version, grid.description],
    [expected.name, expected.version, expected.grid],
  );
  assert.deepEqual(
    variables.map((variable) => variable.validRange),
    expected.variables.map((variable) => variable.valid_range),
  );
});

test("a model that is cut off is none", () => {
  const whole = readFileSync(golden("shipped.onnx"));
  for (const length of [0, 1, 100, whole.length - 1]) {
    assert.throws(
      () => readModel("cut.onnx", whole.subarray(0, length)),
      /not a whole pointfuse model/,
    );
  }
});

test("coasts and borders are those of the package", async () => {
  const read = async (name) => new Uint8Array(readFileSync(golden(`${name}.npy`))).buffer;
  const lines = await mapLines(read);
  assert.deepEqual(lines, JSON.parse(readFileSync(golden("lines.json"))));
});

test("a netCDF file is written, for Python to read", () => {
  const { length, rows } = characters(["A", "站"]);
  const pieces = netcdfBytes({
    record: "time",
    dimensions: { time: 2, x: 3, station: 2, letter: length },
    attributes: { title: "µg", none: "" },
    variables: [
      {
        name: "time",
        dimensions: ["time"],
        parts: [Float64Array.of(0.5), Float64Array.of(1.5)],
        attributes: {},
      },
      {
        name: "flag",
        dimensions: ["x"],
        parts: [Int8Array.of(1, -2, 3)],
        attributes: { flag_values: Int8Array.of(1, 2, 3) },
      },
      {
        name: "count",
        dimensions: ["time", "x"],
        parts: [Int16Array.of(1, 2, 3), Int16Array.of(-4, 5, 6)],
        attributes: {},
      },
      { name: "code", dimensions: ["station", "letter"], parts: [rows], attributes: {} },
      {
        name: "pm25",
        dimensions: ["time", "x"],
        parts: [Float32Array.of(1.5, NaN, 3), Float32Array.of(4, 5, 6)],
        attributes: { units: "ug m-3", _FillValue: Float32Array.of(-1) },
      },
      {
        name: "crs",
        dimensions: [],
        parts: [Int32Array.of(7)],
        attributes: { earth_radius: Float64Array.of(6_370_000) },
      },
    ],
  });
  writeFileSync(golden("written.nc"), Buffer.concat(pieces));
});
