/** @module station_list Lists of stations: where those stand whose files do not say it. */

import { InputError, quoted } from "../errors.js";
import { ownName, positions } from "./columns.js";
import { Coordinates, NOWHERE } from "./coordinates.js";
import { leftOut } from "./csv.js";

/** Columns of code, longitude, latitude and city: of CNEMC's list, of one with plain names, of cities. */
const LAYOUTS = [
  ["监测点编码", "经度", "纬度", "城市"],
  ["station", "longitude", "latitude", "city"],
  ["城市", "经度", "纬度", "城市"],
  ["city", "longitude", "latitude", "city"],
];
/** Degrees, some 100 m, by which two lists may differ on a station: they round. */
const SAME_PLACE = 0.001;

/**
 * @typedef {object} StationList
 * @property {string} name name of the file
 * @property {Map<string, {longitude: number, latitude: number}>} places by code; NaN where the list
 *   gives none
 * @property {Map<string, string>} cities city of each station, where the list has such a column
 * @property {string[]} remarks oddities, one sentence each
 */

/**
 * Whether a header is that of a list: it has codes and places, and no times.
 * @param {string[]} header
 * @returns {boolean}
 */
export function isStationList(header) {
  return layoutOf(header) !== undefined && !header.some((title) => ownName(title) === "time");
}

function layoutOf(header) {
  return LAYOUTS.find((layout) =>
    layout.slice(0, 3).every((name) => positions(header, name).length),
  );
}

/**
 * Read a station list. Of a code that stands twice the first entry is kept.
 * @param {import("./csv.js").Table} table
 * @returns {StationList}
 * @throws {InputError} if it lists no station, or its coordinates are none
 */
export function readStationList(table) {
  const [code, longitude, latitude, city] = layoutOf(table.header).map(
    (name) => positions(table.header, name)[0],
  );
  const coordinates = new Coordinates(table);
  const places = new Map();
  const cities = new Map();
  const remarks = [...table.remarks];
  for (const { line, fields } of table.rows) {
    const name = fields[code].trim();
    if (!name) {
      remarks.push(
        line === table.openLine
          ? leftOut(table.name, line)
          : `Line ${line} of ${table.name} has no code, and was left out`,
      );
      continue;
    }
    const place = coordinates.place(line, name, fields[longitude], fields[latitude]);
    const known = places.get(name);
    if (known) {
      const better = Number.isNaN(known.longitude) && !Number.isNaN(place.longitude);
      const kept = better ? "that with a place" : "the first entry";
      remarks.push(`${quoted(name)} stands twice in ${table.name}; ${kept} was kept`);
      if (!better) continue;
    }
    places.set(name, place);
    if (city !== undefined) cities.set(name, fields[city].trim());
  }
  if (!places.size) throw new InputError(`${table.name} is a station list without stations`);
  remarks.push(...coordinates.remarks());
  return { name: table.name, places, cities, remarks };
}

/**
 * Give the stations of files without coordinates their places. City means stand in the middle of
 * the stations of the city.
 * @param {import("../stations/merging.js").Part[]} parts what was read
 * @param {StationList[]} lists those that were given
 * @returns {{parts: import("../stations/merging.js").Part[], remarks: string[]}}
 * @throws {InputError} if a file needs a list and there is none, or two lists contradict each other
 */
export function withPlaces(parts, lists) {
  const without = parts.find(({ unplaced }) => unplaced);
  if (without && !lists.length) {
    const what = without.format === "cnemc" ? "is a CNEMC file, which" : "";
    throw new InputError(
      `${without.file} ${what} holds no coordinates; drop the station list of the network together ` +
        "with it",
    );
  }
  const { places, cities } = together(lists);
  const middles = middlesOf(places, cities);
  const remarks = lists.flatMap((list) => list.remarks);
  const placed = parts.map((part) => {
    if (!part.unplaced) return part;
    const inCities = part.stations.filter(({ code }) => !places.has(code) && middles.has(code));
    if (inCities.length) {
      remarks.push(
        `Columns of cities in ${part.file}, each placed at the median of its stations: ` +
          inCities.length,
      );
    }
    const placeOf = (code) => places.get(code) ?? middles.get(code) ?? NOWHERE;
    return { ...part, stations: part.stations.map(({ code }) => ({ code, ...placeOf(code) })) };
  });
  for (const { file, stations } of placed.filter(({ unplaced }) => unplaced)) {
    if (stations.some(({ code }) => places.has(code) || middles.has(code))) continue;
    const beginning = (codes) => [...codes].slice(0, 3).join(", ");
    remarks.push(
      `None of the codes in ${lists.map(({ name }) => name).join(", ")} ` +
        `(${beginning(places.keys())}, ...) is one of ${file} ` +
        `(${beginning(stations.map(({ code }) => code))}, ...); check that it is the list of this ` +
        "network",
    );
  }
  return { parts: placed, remarks };
}

/** Several lists as one: the place of a station is that of the first that gives one. */
function together(lists) {
  const places = new Map();
  const cities = new Map();
  const source = new Map();
  for (const list of lists) {
    for (const [code, place] of list.places) {
      if (Number.isNaN(place.longitude)) {
        if (!places.has(code)) places.set(code, place);
        continue;
      }
      if (!source.has(code)) {
        places.set(code, place);
        source.set(code, list.name);
        continue;
      }
      const known = places.get(code);
      const apart = ["longitude", "latitude"].map((axis) => Math.abs(known[axis] - place[axis]));
      if (Math.max(...apart) > SAME_PLACE) {
        throw new InputError(
          `${code} stands at ${known.longitude}, ${known.latitude} in ${source.get(code)} and at ` +
            `${place.longitude}, ${place.latitude} in ${list.name}; correct or remove one of them`,
        );
      }
    }
    for (const [code, city] of list.cities) if (!cities.get(code)) cities.set(code, city);
  }
  return { places, cities };
}

/** The medians over the stations of each city. */
function middlesOf(places, cities) {
  const stations = new Map();
  for (const [code, city] of cities) {
    const place = places.get(code);
    if (!city || Number.isNaN(place.longitude)) continue;
    stations.set(city, [...(stations.get(city) ?? []), place]);
  }
  const median = (values) => {
    const [sorted, last] = [values.sort((one, other) => one - other), values.length - 1];
    return (sorted[last >> 1] + sorted[(last + 1) >> 1]) / 2;
  };
  return new Map(
    [...stations].map(([city, all]) => [
      city,
      {
        longitude: median(all.map(({ longitude }) => longitude)),
        latitude: median(all.map(({ latitude }) => latitude)),
      },
    ]),
  );
}
