/** @module columns Names of columns: how people write those of tidy tables and of station lists. */

import { InputError, shortened } from "../errors.js";

/** A header such as `pm25 [ug m-3]`. */
export const WITH_UNIT = /^([^[(]+?)\s*[[(](.*)[\])]$/;

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
 * The name that a title stands for: `longitude` for `Lon`; itself if it is no such.
 * @param {string} title
 * @returns {string}
 */
export function ownName(title) {
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

/**
 * Where a column stands: under its very name, or else under others that stand for it.
 * @param {string[]} header
 * @param {string} name
 * @returns {number[]}
 */
export function positions(header, name) {
  const where = (test) => [...header.keys()].filter((position) => test(header[position]));
  const same = where((title) => title === name);
  return same.length ? same : where((title) => ownName(title) === name);
}

/**
 * Position of a column that has to be there once.
 * @param {import("./csv.js").Table} table
 * @param {string} title
 * @returns {number}
 * @throws {InputError} if it is not there, or more than once
 */
export function column({ name, header }, title) {
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
