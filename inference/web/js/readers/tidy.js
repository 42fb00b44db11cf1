/**
 * @module tidy Tidy CSV files: one row a station and time, one column a variable.
 *
 * Layout: `station,longitude,latitude,date|time,<variables>` in any order, in small or capital letters
 * and under other usual names, as `docs/guide/station-files.md` describes it and
 * `inference/pointfuse/stations/readers/tidy.py` reads it.
 */

import { InputError, quoted, shortened } from "../errors.js";
import { meansInRange } from "../stations/merging.js";
import { conversionFactor } from "../units.js";
import { HOUR_LENGTH, numberOf, parseDay } from "./cells.js";
import { column, ownName, positions, WITH_UNIT } from "./columns.js";
import { Coordinates, NOWHERE } from "./coordinates.js";
import { leftOut } from "./csv.js";

const INSTANT =
  /^([\d./-]{8,10})(?:[T ]\s*(\d{1,2})(?::?(\d{2})(?::?(\d{2})(?:[.,]\d+)?)?)?)?\s*(Z|UTC|[+-]\d{1,2}(?::?\d{2})?)?$/i;
const EITHER_ORDER = /^\d{1,2}[-/. ]\d{1,2}[-/. ]\d{2,4}\b/;

/**
 * Whether a header is that of a tidy table.
 * @param {string[]} header
 * @returns {boolean}
 */
export function isTidy(header) {
  const names = header.map(ownName);
  return names.includes("station") && (names.includes("date") || names.includes("time"));
}

/**
 * Read the daily or hourly values of a tidy table.
 *
 * Without the two columns of coordinates the places come from a station list.
 * @param {import("./csv.js").Table} table
 * @param {import("../model/metadata.js").Variable[]} variables variables to look for
 * @param {import("../timezones.js").TimeZone} zone of times that name none, and of the days
 * @returns {import("../stations/merging.js").Part}
 * @throws {InputError} if a column is missing, a cell is no number, a unit is unknown, or two rows
 *   contradict each other
 */
export function readTidy(table, variables, zone) {
  const { name } = table;
  const names = variables.map((variable) => variable.name);
  const header = ownHeader(table, names);
  table = { ...table, header };
  if (header.includes("date") && header.includes("time")) {
    throw new InputError(
      `${name} has both a column 'date' and a column 'time'; keep the 'date' of daily means, or ` +
        "put date and time of instants together in 'time'",
    );
  }
  const hourly = header.includes("time");
  const columns = valueColumns(table, variables);
  const unplaced = !header.includes("longitude") && !header.includes("latitude");
  const coordinates = new Coordinates(table);
  const cells = unplaced ? null : ["longitude", "latitude"].map((title) => column(table, title));
  const placeOf = (line, code, fields) =>
    cells ? coordinates.place(line, code, ...cells.map((cell) => fields[cell])) : NOWHERE;
  const read = rowReader(table, columns, placeOf, hourly, zone);
  const places = new Places(name);
  const rows = new Map();
  const remarks = [...table.remarks];
  let repeated = 0;
  const skipped = [];
  for (const row of table.rows) {
    let found;
    try {
      found = read(row);
    } catch (error) {
      if (row.line !== table.openLine) throw error;
      remarks.push(leftOut(name, row.line));
      continue;
    }
    if (found.skipped) {
      skipped.push(row.line);
      continue;
    }
    const { code, place, instant, time, values } = found;
    const station = places.station(row.line, code, place);
    const key = `${station} ${instant}`;
    const known = rows.get(key);
    if (!known) {
      rows.set(key, { station, time, values, line: row.line });
      continue;
    }
    repeated += 1;
    const differs = values.findIndex((value, i) => !Object.is(value, known.values[i]));
    if (differs >= 0) {
      throw new InputError(
        `${name}: station ${code} stands twice at the same time with different values of ` +
          `${columns[differs].title}, ${known.values[differs]} on line ${known.line} and ` +
          `${values[differs]} on line ${row.line}; remove one of them`,
      );
    }
  }
  if (!rows.size) {
    throw new InputError(`${name} has a header and no rows; expected one a station and time`);
  }
  if (skipped.length) {
    remarks.push(
      `Rows of ${name} in an hour that clocks skip in ${zone.name}, left out: ${skipped.length}, ` +
        `first line ${skipped[0]}`,
    );
  }
  if (repeated) remarks.push(`Rows of ${name} that stand twice, each kept once: ${repeated}`);
  remarks.push(...coordinates.remarks());
  const stations = places.stations;
  const tables = tablesOf([...rows.values()], columns, stations.length, variables, remarks);
  return { file: name, format: "tidy", hourly, unplaced, stations, ...tables, remarks };
}

/** Times and values of rows. */
function tablesOf(rows, columns, stations, variables, remarks) {
  const times = [...new Set(rows.map(({ time }) => time))].sort((one, other) => one - other);
  const position = new Map(times.map((time, number) => [time, number]));
  const [time, station] = [
    rows.map((row) => position.get(row.time)),
    rows.map((row) => row.station),
  ];
  const values = {};
  columns.forEach(({ variable }, i) => {
    const given = rows.map((row) => row.values[i]);
    const limits = variables.find(({ name }) => name === variable);
    values[variable] = meansInRange(
      { time, station, given },
      [times.length, stations],
      limits,
      remarks,
    );
  });
  return { times, values };
}

/** The header with the names that this module knows in place of others for the same. */
function ownHeader({ name, header }, variables) {
  const own = [...header];
  const rename = (wanted, found, unit = () => "") => {
    if (found.length > 1) {
      throw new InputError(
        `${name}: the header names ${wanted} twice, as ` +
          `${found.map((position) => header[position]).join(" and ")}; keep one of them`,
      );
    }
    for (const position of found) own[position] = wanted + unit(header[position]);
  };
  const exact = ["date", "time"].filter((each) => header.includes(each));
  // Beside a column of the very name another one that could stand for it is just another one.
  const times = exact.length ? exact : ["date", "time"];
  for (const wanted of ["station", "longitude", "latitude", ...times]) {
    rename(wanted, positions(header, wanted));
  }
  const parts = (title) => WITH_UNIT.exec(title) ?? [title, title];
  for (const wanted of variables) {
    const found = [...header.keys()].filter((position) => {
      const [, plain] = parts(header[position]);
      return ownName(plain) === wanted || plain.toLowerCase() === wanted;
    });
    rename(wanted, found, (title) => (parts(title).length > 2 ? ` [${parts(title)[2]}]` : ""));
  }
  return own;
}

/** Columns that hold variables: title, place, and factor to the model's units. */
function valueColumns({ name, header }, variables) {
  const found = new Map();
  header.forEach((title, position) => {
    const match = WITH_UNIT.exec(title);
    const wanted = variables.find((variable) => variable.name === (match ? match[1] : title));
    if (!wanted) return;
    if (found.has(wanted.name)) {
      throw new InputError(`${name}: the header names ${wanted.name} twice; keep one of them`);
    }
    const factor = conversionFactor(wanted.name, match ? match[2] : wanted.units, wanted.units);
    found.set(wanted.name, { variable: wanted.name, title, position, factor });
  });
  if (!found.size) {
    throw new InputError(
      `${name}: expected a column named ${variables.map((each) => each.name).join(" or ")}, the ` +
        `header is ${shortened(header)}`,
    );
  }
  return [...found.values()];
}

/** A function that reads the cells of a row. */
function rowReader(table, columns, placeOf, hourly, zone) {
  const at = (line, title) => `${table.name}, line ${line}, column '${title}'`;
  const [code, when] = ["station", hourly ? "time" : "date"].map((title) => column(table, title));
  const times = new Map();
  const number = (row, position, title) => {
    const text = row.fields[position];
    return numberOf(table.decimalComma ? text.replaceAll(",", ".") : text, () =>
      at(row.line, title),
    );
  };
  return (row) => {
    const { line, fields } = row;
    const text = fields[when];
    if (!times.has(text)) {
      times.set(
        text,
        hourly ? hourOf(text, zone, at(line, "time")) : dayOf(text, at(line, "date")),
      );
    }
    const station = fields[code].trim();
    if (!station || /\p{C}/u.test(station)) {
      throw new InputError(`${at(line, "station")}: expected a code, got ${quoted(station)}`);
    }
    return {
      code: station,
      place: placeOf(line, station, fields),
      ...times.get(text),
      values: columns.map(({ position, title, factor }) => number(row, position, title) * factor),
    };
  };
}

/** Stations of a file in the order in which they appear, with one place each. */
class Places {
  /** @param {string} name name of the file */
  constructor(name) {
    this.name = name;
    this.stations = [];
    this.positions = new Map();
  }

  station(line, code, place) {
    const number = this.positions.get(code);
    if (number === undefined) {
      this.positions.set(code, this.stations.length);
      return this.stations.push({ code, ...place }) - 1;
    }
    const known = this.stations[number];
    if (Number.isNaN(known.longitude)) {
      Object.assign(known, place);
    } else if (
      !Number.isNaN(place.longitude) &&
      (known.longitude !== place.longitude || known.latitude !== place.latitude)
    ) {
      throw new InputError(
        `${this.name}, line ${line}: station ${code} stands at ${place.longitude}, ` +
          `${place.latitude} here and at ${known.longitude}, ${known.latitude} above; give each ` +
          "station one place and one name",
      );
    }
    return number;
  }
}

function dayOf(text, where) {
  const [, date, hour = "0", minute = "0", second = "0"] = INSTANT.exec(text.trim()) ?? [];
  const time = date && parseDay(date);
  if (time === undefined) throw noTime("date", "2019-01-06", text, where);
  if (Number(hour) || Number(minute) || Number(second) || /[.,]0*[1-9]/.test(text.split(":")[2])) {
    throw new InputError(
      `${where}: expected a date, got a time of the day, ${quoted(text)}; name the column 'time' ` +
        "if its rows are hours or instants",
    );
  }
  return { instant: time, time };
}

function noTime(kind, example, text, where) {
  const order = EITHER_ORDER.test(text.trim())
    ? ", in which day and month may be either; write the year first"
    : "";
  return new InputError(
    `${where}: expected a ${kind} such as ${example}, got ${quoted(text)}${order}`,
  );
}

function hourOf(text, zone, where) {
  const [, date, hour = "0", minute = "0", second = "0", offset] = INSTANT.exec(text.trim()) ?? [];
  const day = date && parseDay(date);
  if (day === undefined || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) {
    throw noTime("time", "2019-01-06T13:00+08:00", text, where);
  }
  const written = day + ((Number(hour) * 60 + Number(minute)) * 60 + Number(second)) * 1000;
  const instant = offset ? written - offsetOf(offset) : zone.instant(written);
  // Clocks that are put forward never show the hour between.
  if (!offset && zone.local(instant) !== written) return { skipped: true };
  return { instant, time: Math.floor(zone.local(instant) / HOUR_LENGTH) * HOUR_LENGTH };
}

function offsetOf(text) {
  const [, sign, hours, minutes = 0] = /^([+-])(\d{1,2}?):?(\d{2})?$/.exec(text) ?? [];
  return (sign === "-" ? -60_000 : 60_000) * (60 * Number(hours ?? 0) + Number(minutes));
}
