// The parts of CSV reading that can be worked out by hand.

import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

import { parseCsv, readCsv } from "../../inference/web/js/readers/csv.js";
import { conversionFactor } from "../../inference/web/js/units.js";

test("fields in quotes hold commas, quotes and line ends", () => {
  const { header, rows } = parseCsv(
    "a.csv",
    'station, pm25\r\n"A, ""b""",5\r\n\r\n"two\nlines",6\r\n',
  );
  assert.deepEqual(header, ["station", "pm25"]);
  assert.deepEqual(rows, [
    { line: 2, fields: ['A, "b"', "5"] },
    { line: 5, fields: ["two\nlines", "6"] },
  ]);
});

test("plain files end lines as they like", () => {
  for (const end of ["\n", "\r\n", "\r"]) {
    const { rows } = parseCsv("a.csv", ["a,b", "1,2", "", "3,"].join(end));
    assert.deepEqual(rows, [
      { line: 2, fields: ["1", "2"] },
      { line: 4, fields: ["3", ""] },
    ]);
  }
});

test("a quotation mark that is not closed is named", () => {
  assert.throws(() => parseCsv("a.csv", 'a,b\n1,"2\n'), /line 2: a quotation mark is not closed/);
});

test("a row of another length is a cut-off file", () => {
  assert.throws(() => parseCsv("a.csv", "a,b\n1,2\n3\n"), /line 3: 1 fields where the header has 2/);
});

test("semicolons, tabs and bars part columns too", () => {
  for (const separator of [";", "\t", "|"]) {
    for (const quote of ["", '"']) {
      const text = `a,x,b\n${quote}A,1${quote},2.5,3\n`.replaceAll(/,(?!1)/g, separator);
      const { header, rows, decimalComma } = parseCsv("a.csv", text);
      assert.deepEqual(header, ["a", "x", "b"]);
      assert.deepEqual(rows, [{ line: 2, fields: ["A,1", "2.5", "3"] }]);
      assert.equal(decimalComma, false);
    }
  }
  const { decimalComma, remarks } = parseCsv("a.csv", "a;b\n1,5;2\n");
  assert.equal(decimalComma, true);
  assert.deepEqual(remarks, [
    "The columns of a.csv are parted by semicolons, with decimal commas",
  ]);
  assert.equal(parseCsv("a.csv", "a;b\n1,5;2.5\n").decimalComma, false);
});

test("a last line that is cut off is left out", () => {
  for (const cut of ["3", '3,"4', '"'])
    for (const end of ["\n", "\r\n"]) {
      const { rows, remarks } = parseCsv("a.csv", ["a,b", "1,2", cut].join(end));
      assert.deepEqual(rows, [{ line: 2, fields: ["1", "2"] }]);
      assert.deepEqual(remarks, ["a.csv ends within line 3, which was left out"]);
    }
});

test("UTF-8 with a mark, GB 18030 and gzip are read", async () => {
  const utf8 = new TextEncoder().encode("\ufeffstation,城市\n1,北京\n");
  const { header, rows } = await readCsv("a.csv", utf8);
  assert.deepEqual(header, ["station", "城市"]);
  const zipped = await readCsv("a.csv.gz", new Uint8Array(gzipSync(utf8)));
  assert.deepEqual(zipped.rows, rows);
  // 北京 in GB 18030.
  const chinese = new Uint8Array([0x61, 0x2c, 0x62, 0x0a, 0x31, 0x2c, 0xb1, 0xb1, 0xbe, 0xa9]);
  assert.deepEqual((await readCsv("a.csv", chinese)).rows[0].fields, ["1", "北京"]);
});

test("text in other encodings does not become Chinese", async () => {
  const bytes = (hex) => new Uint8Array(Buffer.from(hex, "hex"));
  const header = Buffer.from("station,pm25\n").toString("hex");
  const read = async (hex) => (await readCsv("a.csv", bytes(header + hex))).rows[0].fields[0];
  assert.equal(await read("b6a8c1ea2c350a"), "定陵");
  for (const hex of [
    "5afc726963682c350a", // Zürich in ISO 8859-1
    "938c8b9e2c350a", // 東京 in Shift JIS
    "ccceeaf1e22c350a", // Cyrillic in Windows 1251, of an odd length
  ]) {
    await assert.rejects(read(hex), /neither UTF-8 nor Chinese text in GB 18030; save it as UTF-8/);
  }
});

test("units are converted", () => {
  assert.equal(conversionFactor("pm25", "mg/m³", "ug m-3"), 1000);
  assert.equal(conversionFactor("pm25", "Micrograms/cubic meter (LC)", "ug m-3"), 1);
  assert.equal(conversionFactor("wind_speed", "km/h", "m s-1"), 1 / 3.6);
  assert.throws(() => conversionFactor("pm25", "ppm", "ug m-3"), /cannot be converted to 'ug m-3'/);
});
