/**
 * @module tidy Tidy CSV files: one row a station and time, one column a variable.
 *
 * Layout: `station,longitude,latitude,date|time,<variables>` in any order, in small or capital letters
 * and under other usual names, as `docs/guide/station-files.md` describes it and
 * `inference/pointfuse/stations/readers/tidy.py` reads it.
 */

import { leftOut } from "./csv.js";
import { InputError, quoted, shortened } from "./errors.js";
import { conversionFactor } from "./units.js";

const MISSING = new Set(["", "-", "--", "—", "na", "n/a", "nan", "null", "none"]);
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const WITH_UNIT = /^([^[(]+?)\s*[[(](.*)[\])]$/;
const DAY = /^(\d{4})(?:([-/.])(\d{1,2})\2(\d{1,2})|(\d{2})(\d{2}))$/;
const INSTANT =
  /^([\d./-]{8,10})(?:[T ]\s*(\d{1,2})(?::?(\d{2})(?::?(\d{2})(?:[.,]\d+)?)?)?)?\s*(Z|UTC|[+-]\d{1,2}(?::?\d{2})?)?$/i;
const EITHER_ORDER = /^\d{1,2}[-/. ]\d{1,2}[-/. ]\d{2,4}\b/;
const DAY_LENGTH = 864e5;
const EARLIEST = Date.UTC(1900, 0, 1);
const LATEST = Date.UTC(2200, 0, 1);
/** Names of a column besides its own, without regard to case; a blank counts as an underscore. */
const OTHER_NAMES = {
  station: ["site", "station_id", "code"],
  longitude: ["lon", "lng"],
  latitude: ["lat"],
  date: ["day"],
  time: ["datetime"],
  pm25: ["pm2.5", "pm2_5", "pm_2.5"],
  relative_humidity: ["rh"],
  wind_speed: ["windspeed", "ws"],
};

/**
 * @typedef {object} Values values of a file
 * @property {string} file name of the file
 * @property {boolean} hourly whether the times are hours, not days
 * @property {{code: string, longitude: number, latitude: number}[]} stations NaN where unknown
 * @property {string[]} variables names of the variables
 * @property {{station: number, time: number, values: number[]}[]} rows position of the station,
 *   begin of the local day or hour (milliseconds), values in the units of the model, NaN where
 *   missing
 * @property {string[]} remarks oddities that did not stop the reading, one sentence each
 */

/**
 * Read the daily or hourly values of a tidy table.
 * @param {import("./csv.js").Table} table
 * @param {import("./metadata.js").Variable[]} variables variables to look for
 * @param {import("./timezones.js").TimeZone} zone of times that name none, and of the days
 * @returns {Values}
 * @throws {InputError} if it is in another format, a column is missing, a cell is no number, a unit
 *   is unknown, or two rows contradict each other
 */
export function readTidy(table, variables, zone) {
  const { name } = table;
  const names = variables.map((variable) => variable.name);
  const header = ownHeader(table, names);
  table = { ...table, header };
  if (!header.includes("station") || !(header.includes("date") || header.includes("time"))) {
    throw new InputError(
      `${name} is not in the one format that this page reads: expected the header ` +
        `station,longitude,latitude,date|time,${names.join(",")} (variables as there are), got ` +
        `${shortened(header)}; the command line reads other formats`,
    );
  }
  if (header.includes("date") && header.includes("time")) {
    throw new InputError(
      `${name} has both a column 'date' and a column 'time'; keep the 'date' of daily means, or ` +
        "put date and time of instants together in 'time'",
    );
  }
  const hourly = header.includes("time");
  const columns = valueColumns(table, variables);
  const read = rowReader(table, columns, hourly, zone);
  const places = new Places(name);
  const rows = new Map();
  const remarks = [...table.remarks];
  let repeated = 0;
  const skipped = [];
  for (const row of table.rows) {
    let cells;
    try {
      cells = read(row);
    } catch (error) {
      if (row.line !== table.openLine) throw error;
      remarks.push(leftOut(name, row.line));
      continue;
    }
    if (cells.skipped) {
      skipped.push(row.line);
      continue;
    }
    const { code, longitude, latitude, instant, time, values } = cells;
    const station = places.station(row.line, code, longitude, latitude);
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
  return {
    file: name,
    hourly,
    stations: places.stations,
    variables: columns.map((column) => column.variable),
    rows: [...rows.values()],
    remarks,
  };
}

/** The name that a title stands for: `longitude` for `Lon`; itself if it is no such. */
function ownName(title) {
  const plain = title
    .normalize("NFKC")
    .trim()
    .toLowerCase()
    .replace(/[\s_]+/g, "_");
  const own = Object.keys(OTHER_NAMES).find(
    (each) => plain === each || OTHER_NAMES[each].includes(plain),
  );
  return own ?? title;
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
  const positions = (test) => [...header.keys()].filter((position) => test(header[position]));
  const exact = ["date", "time"].filter((each) => header.includes(each));
  // Beside a column of the very name another one that could stand for it is just another one.
  const times = exact.length ? exact : ["date", "time"];
  for (const wanted of ["station", "longitude", "latitude", ...times]) {
    const same = positions((title) => title === wanted);
    rename(wanted, same.length ? same : positions((title) => ownName(title) === wanted));
  }
  const parts = (title) => WITH_UNIT.exec(title) ?? [title, title];
  for (const wanted of variables) {
    const found = positions((title) => {
      const [, plain] = parts(title);
      return ownName(plain) === wanted || plain.toLowerCase() === wanted;
    });
    rename(wanted, found, (title) => (parts(title).length > 2 ? ` [${parts(title)[2]}]` : ""));
  }
  return own;
}

/** Position of a column that has to be there once. */
function column({ name, header }, title) {
  const position = header.indexOf(title);
  if (position < 0 || header.includes(title, position + 1)) {
    const found = position < 0 ? "not" : "twice or more";
    throw new InputError(
      `${name}: expected one column '${title}', it stands there ${found}; the header is ` +
        shortened(header),
    );
  }
  return position;
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
function rowReader(table, columns, hourly, zone) {
  const [code, east, north, when] = [
    "station",
    "longitude",
    "latitude",
    hourly ? "time" : "date",
  ].map((title) => column(table, title));
  const times = new Map();
  const number = (text, where) =>
    numberOf(table.decimalComma ? text.replaceAll(",", ".") : text, where);
  return ({ line, fields }) => {
    const at = (title) => `${table.name}, line ${line}, column '${title}'`;
    const text = fields[when];
    if (!times.has(text)) {
      times.set(text, hourly ? hourOf(text, zone, at("time")) : dayOf(text, at("date")));
    }
    const station = fields[code].trim();
    if (!station || /\p{C}/u.test(station)) {
      throw new InputError(`${at("station")}: expected a code, got ${quoted(station)}`);
    }
    return {
      code: station,
      ...coordinates(
        number(fields[east], at("longitude")),
        number(fields[north], at("latitude")),
        `${table.name}, line ${line}`,
      ),
      ...times.get(text),
      values: columns.map(
        ({ position, title, factor }) => number(fields[position], at(title)) * factor,
      ),
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

  station(line, code, longitude, latitude) {
    const known = this.positions.get(code);
    if (known === undefined) {
      this.positions.set(code, this.stations.length);
      return this.stations.push({ code, longitude, latitude }) - 1;
    }
    const place = this.stations[known];
    if (!Object.is(place.longitude, longitude) || !Object.is(place.latitude, latitude)) {
      throw new InputError(
        `${this.name}, line ${line}: station ${code} stands at ${longitude}, ${latitude} here and ` +
          `at ${place.longitude}, ${place.latitude} above; give each station one place and one name`,
      );
    }
    return known;
  }
}

function numberOf(text, where) {
  const trimmed = text.trim();
  if (NUMBER.test(trimmed) && Number.isFinite(Number(trimmed))) return Number(trimmed);
  if (MISSING.has(trimmed.toLowerCase())) return NaN;
  throw new InputError(
    `${where}: expected a number, got ${quoted(text)}; leave the cell empty where the value is missing`,
  );
}

function coordinates(longitude, latitude, where) {
  if (Number.isNaN(longitude) || Number.isNaN(latitude)) return { longitude: NaN, latitude: NaN };
  // Exchanged coordinates lie outside the grid, and are counted there.
  if (!isPlace(longitude, latitude) && !isPlace(latitude, longitude)) {
    throw new InputError(
      `${where}: expected a longitude from -180 to 360 and a latitude from -90 to 90, got ` +
        `${longitude} and ${latitude}; correct them or leave them empty`,
    );
  }
  return { longitude, latitude };
}

function isPlace(longitude, latitude) {
  return longitude >= -180 && longitude <= 360 && latitude >= -90 && latitude <= 90;
}

/** Begin of a day in local milliseconds, from `2019-01-06`, `20190106` or `2019/1/6`. */
function parseDay(text) {
  const found = DAY.exec(text) ?? [];
  // 2019-01-1 is no way of writing a day, but 2019-01-15 cut off.
  if (found[3]?.startsWith("0") && found[4].length === 1) return undefined;
  const [year, month, day] = [found[1], found[3] ?? found[5], found[4] ?? found[6]].map(Number);
  const time = Date.UTC(year, month - 1, day);
  const date = new Date(time);
  const exists = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return exists && time >= EARLIEST && time < LATEST ? time : undefined;
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
  return { instant, time: Math.floor(zone.local(instant) / 36e5) * 36e5 };
}

function offsetOf(text) {
  const [, sign, hours, minutes = 0] = /^([+-])(\d{1,2}?):?(\d{2})?$/.exec(text) ?? [];
  return (sign === "-" ? -60_000 : 60_000) * (60 * Number(hours ?? 0) + Number(minutes));
}

/**
 * A day as it is written: 2019-01-06.
 * @param {number} time local milliseconds
 * @returns {string}
 */
export function dayText(time) {
  return new Date(Math.floor(time / DAY_LENGTH) * DAY_LENGTH).toISOString().slice(0, 10);
}
