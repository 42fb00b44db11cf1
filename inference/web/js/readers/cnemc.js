/**
 * @module cnemc Hourly files of the Chinese network: one row an hour and quantity, one column a station.
 *
 * Layout: `date,hour,type,1001A,1002A,...` with dates such as 20190106 and hours 0 to 23 in Beijing
 * time. The coordinates come from the network's station list.
 */

import { InputError, quoted } from "../errors.js";
import { tableOfMeans } from "../stations/merging.js";
import { conversionFactor } from "../units.js";
import { HOUR_LENGTH, numberOf, parseDay } from "./cells.js";
import { NOWHERE } from "./coordinates.js";
import { leftOut } from "./csv.js";

const HEADERS = ["date,hour,type", "日期,小时,类型", "日期,时,类型", "日期,小时,指标"];
const BEIJING = 8 * HOUR_LENGTH;

/** Name of a variable: its rows in the file, and their unit. */
const ROWS = {
  pm25: ["PM2.5", "ug m-3"],
  pm10: ["PM10", "ug m-3"],
  so2: ["SO2", "ug m-3"],
  no2: ["NO2", "ug m-3"],
  o3: ["O3", "ug m-3"],
  co: ["CO", "mg m-3"],
};

/**
 * Whether a header is that of such a file.
 * @param {string[]} header
 * @returns {boolean}
 */
export function isCnemc(header) {
  return HEADERS.includes(header.slice(0, 3).join(",")) && header.slice(3).some((title) => title);
}

/**
 * Read the hourly values of a file. Values that are not above zero are missing: the network writes no
 * others for air.
 * @param {import("./csv.js").Table} table
 * @param {import("../model/metadata.js").Variable[]} variables variables to look for
 * @param {import("../timezones.js").TimeZone} zone of the days
 * @returns {import("../stations/merging.js").Part} stations without places
 * @throws {InputError} if the file is damaged, or holds no row that was asked for
 */
export function readCnemc(table, variables, zone) {
  const remarks = [...table.remarks];
  const columns = stationColumns(table, remarks);
  const wanted = new Map(
    variables
      .filter(({ name }) => name in ROWS)
      .map((variable) => [ROWS[variable.name][0], variable]),
  );
  const rows = new Map();
  for (const row of table.rows) {
    const [date, hour, type] = row.fields;
    const variable = wanted.get(type);
    if (!variable) continue;
    const label = `${type} of ${date.trim()} hour ${hour.trim()}`;
    if (rows.has(label)) {
      remarks.push(`${label} stands twice in ${table.name}; the first was kept`);
      continue;
    }
    try {
      rows.set(label, { name: variable.name, ...valuesOf(table, row, columns, zone) });
    } catch (error) {
      if (row.line !== table.openLine) throw error;
      remarks.push(leftOut(table.name, row.line));
    }
  }
  if (!rows.size) {
    throw new InputError(
      `${table.name} holds no rows of ${[...wanted.keys()].join(" or ") || "a variable of the model"}; ` +
        "expected hourly rows with that name in the column 'type'",
    );
  }
  const times = [...new Set([...rows.values()].map(({ time }) => time))].sort(
    (one, other) => one - other,
  );
  return {
    file: table.name,
    format: "cnemc",
    hourly: true,
    unplaced: true,
    stations: [...columns.keys()].map((code) => ({ code, ...NOWHERE })),
    times,
    values: Object.fromEntries(
      [...wanted.values()].map((variable) => [
        variable.name,
        hourlyMeans(
          times,
          [...rows.values()].filter(({ name }) => name === variable.name),
          columns.size,
          conversionFactor(variable.name, ROWS[variable.name][1], variable.units),
        ),
      ]),
    ),
    remarks,
  };
}

/** Columns by the codes of their stations; a remark is added on each that stands twice. */
function stationColumns({ name, header }, remarks) {
  const columns = new Map();
  header.forEach((code, position) => {
    if (position < 3 || !code) return;
    if (columns.has(code)) {
      remarks.push(`Column ${quoted(code)} stands twice in ${name}; the first was kept`);
    } else {
      columns.set(code, position);
    }
  });
  return columns;
}

function valuesOf(table, { line, fields }, columns, zone) {
  const [date, hour] = fields.map((text) => text.trim());
  const day = parseDay(date);
  if (day === undefined || !/^\d{1,2}$/.test(hour) || Number(hour) > 23) {
    throw new InputError(
      `${table.name}, line ${line}: expected a date such as 20190106 and an hour from 0 to 23, got ` +
        `${quoted(date, 20)} and ${quoted(hour, 20)}`,
    );
  }
  const local = zone.local(day + Number(hour) * HOUR_LENGTH - BEIJING);
  const values = Float64Array.from(columns, ([code, position]) =>
    numberOf(fields[position], () => `${table.name}, line ${line}, column '${code}'`),
  );
  return { time: Math.floor(local / HOUR_LENGTH) * HOUR_LENGTH, values };
}

/** Table of hours and stations. Two rows share a local hour where clocks are put back. */
function hourlyMeans(times, rows, stations, factor) {
  const position = new Map(times.map((time, number) => [time, number]));
  const given = rows.flatMap(({ values }) =>
    Array.from(values, (value) => (value > 0 ? value : NaN)),
  );
  const time = rows.flatMap((row) => Array(stations).fill(position.get(row.time)));
  const station = given.map((_, i) => i % stations);
  return tableOfMeans({ time, station, given }, [times.length, stations]).map(
    (value) => factor * value,
  );
}
