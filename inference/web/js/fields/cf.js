/** @module cf Fused fields in the terms of the CF conventions, as `docs/reference/output-files.md` has them. */

import { REASONS, stateOf, STATES } from "../quality/reasons.js";
import { isEightHourMaximum } from "../stations/eight_hour_means.js";
import { characters } from "./netcdf.js";

const REFERENCES =
  "Lyu, B. et al.: Deep-learning spatial principles from deterministic chemical transport models " +
  "for chemical reanalysis, Geosci. Model Dev., 15, 2022";
const MISSING = Float32Array.of(9.969209968386869e36);
const PLACED = { grid_mapping: "crs", coordinates: "lat lon" };
const AT_STATIONS = { coordinates: "station_id station_lat station_lon" };

/**
 * @typedef {object} DayFields fields of a day, by row and column
 * @property {Float32Array} field
 * @property {Float32Array | null} uncertainty standard deviation, where the model gives one
 * @property {Int16Array} stationCount
 * @property {Float32Array} stationDistance m
 *
 * @typedef {object} Fusion what the worker said of a run, and the days that it has sent
 * @property {import("../model/metadata.js").Model} model
 * @property {string} modelSha256 empty where it is not known
 * @property {string} runtime
 * @property {string} timeZone
 * @property {string[]} files
 * @property {number[]} days positions of the days that can be fused among those of the observations
 * @property {[number, number][]} bounds begin and end of these days, milliseconds in UTC
 * @property {import("../stations/merging.js").Observations} observations as they were used
 * @property {{text: string} | null} quality what quality control found; null where it was off
 * @property {DayFields[]} fields of the first of these days
 */

/**
 * The netCDF file of a fusion.
 * @param {Fusion} fusion at least one day of it is there
 * @param {Date} now for the history
 * @returns {import("./netcdf.js").Dataset}
 */
export function cfDataset(fusion, now) {
  const { grid } = fusion.model;
  const ids = characters(placedStations(fusion).map(({ code }) => code));
  return {
    record: "time",
    dimensions: {
      time: fusion.fields.length,
      bounds: 2,
      y: grid.rows,
      x: grid.columns,
      station: placedStations(fusion).length,
      id_length: ids.length,
    },
    variables: [
      ...placeVariables(grid),
      ...timeVariables(fusion),
      ...fieldVariables(fusion),
      ...stationVariables(fusion, ids.rows),
    ],
    attributes: globalAttributes(fusion, now),
  };
}

function placeVariables(grid) {
  const geographic = grid.mapping.grid_mapping_name === "latitude_longitude";
  const latitude = new Float32Array(grid.size);
  const longitude = new Float32Array(grid.size);
  for (let cell = 0; cell < grid.size; cell += 1)
    [longitude[cell], latitude[cell]] = grid.centre(cell);
  const [of_y, of_x] = geographic
    ? [degrees("latitude", "north", "Y"), degrees("longitude", "east", "X")]
    : [plane("y", "northward"), plane("x", "eastward")];
  const [of_lat, of_lon] = [degrees("latitude", "north"), degrees("longitude", "east")];
  if (geographic) {
    // The coordinates of rows and columns have these names already, which must be unique.
    delete of_lat.standard_name;
    delete of_lon.standard_name;
  }
  const onAxis = (values, meridian) =>
    geographic
      ? values.map((value) => meridian + (value / grid.mapping.earth_radius) * (180 / Math.PI))
      : values;
  const mapping = geographic
    ? grid.mapping
    : { ...grid.mapping, false_easting: 0, false_northing: 0 };
  const numbers = Object.entries(mapping).map(([name, value]) => [
    name,
    typeof value === "string" ? value : Float64Array.from([value].flat()),
  ]);
  return [
    {
      name: "crs",
      dimensions: [],
      parts: [Int32Array.of(0)],
      attributes: Object.fromEntries(numbers),
    },
    { name: "y", dimensions: ["y"], parts: [onAxis(grid.y, 0)], attributes: of_y },
    {
      name: "x",
      dimensions: ["x"],
      parts: [onAxis(grid.x, grid.mapping.longitude_of_central_meridian)],
      attributes: of_x,
    },
    { name: "lat", dimensions: ["y", "x"], parts: [latitude], attributes: of_lat },
    { name: "lon", dimensions: ["y", "x"], parts: [longitude], attributes: of_lon },
  ];
}

function degrees(name, direction, axis) {
  const attributes = { standard_name: name, long_name: name, units: `degrees_${direction}` };
  return axis ? { ...attributes, axis } : attributes;
}

function plane(axis, direction) {
  return {
    standard_name: `projection_${axis}_coordinate`,
    long_name: `${direction} distance of the cell centre in the plane of the projection`,
    units: "m",
    axis: axis.toUpperCase(),
  };
}

function timeVariables({ bounds, fields }) {
  const hours = bounds.slice(0, fields.length).map((pair) => pair.map((time) => time / 36e5));
  return [
    {
      name: "time",
      dimensions: ["time"],
      parts: hours.map(([begin, end]) => Float64Array.of((begin + end) / 2)),
      attributes: {
        standard_name: "time",
        long_name: "middle of the local day, UTC",
        units: "hours since 1970-01-01 00:00:00",
        calendar: "standard",
        axis: "T",
        bounds: "time_bnds",
      },
    },
    {
      name: "time_bnds",
      dimensions: ["time", "bounds"],
      parts: hours.map((pair) => Float64Array.from(pair)),
      attributes: {},
    },
  ];
}

function fieldVariables({ model, fields }) {
  const [target] = model.variables;
  const uncertain = fields[0].uncertainty !== null;
  const onGrid = (name, parts, attributes) => ({
    name,
    dimensions: ["time", "y", "x"],
    parts,
    attributes: { ...attributes, ...PLACED },
  });
  const support = ["station_count", "station_distance"];
  if (uncertain) support.push(`${target.name}_uncertainty`);
  const variables = [
    onGrid(
      target.name,
      fields.map(({ field }) => field),
      {
        standard_name: target.standardName,
        long_name: target.longName,
        units: target.units,
        cell_methods: cellMethods(target),
        valid_min: Float32Array.of(0),
        ancillary_variables: support.join(" "),
      },
    ),
    onGrid(
      "station_count",
      fields.map(({ stationCount }) => stationCount),
      {
        standard_name: "number_of_observations",
        long_name: `stations of ${target.name} averaged in the cell`,
        units: "1",
      },
    ),
    onGrid(
      "station_distance",
      fields.map(({ stationDistance }) => stationDistance.map((metres) => metres / 1000)),
      {
        long_name: `distance to the nearest cell with a station of ${target.name}`,
        units: "km",
        comment: "The field is supported by observations where this is small.",
      },
    ),
  ];
  if (uncertain) {
    variables.push(
      onGrid(
        `${target.name}_uncertainty`,
        fields.map(({ uncertainty }) => uncertainty),
        {
          standard_name: `${target.standardName} standard_error`,
          long_name: `standard uncertainty of ${target.longName}`,
          units: target.units,
          valid_min: Float32Array.of(0),
          comment:
            "Standard deviation of the difference to what a station in the cell would measure, as " +
            "the network tells it for a logistic distribution: 90 in 100 stations should be within " +
            "1.62 times this. Do not trust a cell where it is of the size of the value.",
          ...correlationAttributes(model),
        },
      ),
    );
  }
  return variables;
}

/** How errors go together, of which `pointfuse regions --members` makes intervals. */
function correlationAttributes({ errorCorrelation }) {
  if (!errorCorrelation) return {};
  const { length, own, hours, passing } = errorCorrelation;
  return {
    error_correlation_length: Float64Array.of(length),
    error_own_share: Float64Array.of(own),
    error_hours: Float64Array.from(hours),
    error_passing_shares: Float64Array.from(passing),
  };
}

function stationVariables(fusion, ids) {
  const { model, observations, fields, days } = fusion;
  const stations = placedStations(fusion);
  const of = (name, values, attributes) => ({
    name,
    dimensions: ["station"],
    parts: [values],
    attributes,
  });
  const tableOf = (values, of) =>
    fields.map((_, number) =>
      of.from(
        stations,
        ({ position }) => values[days[number] * observations.stations.length + position],
      ),
    );
  const daily = model.variables
    .filter(({ name }) => !observations.values[name].every(Number.isNaN))
    .flatMap((variable) => {
      const reasons = observations.reasons[variable.name];
      const flags = reasons ? flagVariables(variable, (of) => tableOf(reasons, of)) : [];
      const used = {
        name: `station_${variable.name}`,
        dimensions: ["time", "station"],
        parts: tableOf(observations.values[variable.name], Float32Array).map((values) =>
          values.map((value) => (Number.isNaN(value) ? MISSING[0] : value)),
        ),
        attributes: {
          standard_name: variable.standardName,
          long_name: `${variable.longName} at the station, as used`,
          units: variable.units,
          cell_methods: cellMethods(variable),
          _FillValue: MISSING,
          ...(flags.length && { ancillary_variables: flags.map(({ name }) => name).join(" ") }),
          ...AT_STATIONS,
        },
      };
      return [used, ...flags];
    });
  return [
    {
      name: "station_id",
      dimensions: ["station", "id_length"],
      parts: [ids],
      attributes: { long_name: "station code in its network" },
    },
    of(
      "station_lat",
      Float64Array.from(stations, ({ latitude }) => latitude),
      {
        ...degrees("latitude", "north"),
        long_name: "latitude of the station",
      },
    ),
    of(
      "station_lon",
      Float64Array.from(stations, ({ longitude }) => longitude),
      {
        ...degrees("longitude", "east"),
        long_name: "longitude of the station",
      },
    ),
    ...daily,
  ];
}

/** State and reason of each daily mean. */
function flagVariables({ name, longName }, tableOf) {
  const flag = (kind, standardName, what, parts, meanings) => ({
    name: `station_${name}_${kind}`,
    dimensions: ["time", "station"],
    parts,
    attributes: {
      standard_name: standardName,
      long_name: `${what} of ${longName} at the station`,
      flag_values: Int8Array.from(meanings.keys()),
      flag_meanings: meanings.join(" "),
      ...AT_STATIONS,
    },
  });
  const reasons = tableOf(Int8Array);
  const states = reasons.map((ofDay) => ofDay.map(stateOf));
  return [
    flag("quality", "quality_flag", "quality", states, STATES),
    flag("reason", "status_flag", "reason for the quality", reasons, REASONS),
  ];
}

/** What a value of a day is. */
function cellMethods(variable) {
  return isEightHourMaximum(variable) ? "time: maximum (of means of 8 hours)" : "time: mean";
}

/** The stations that have coordinates, with their positions in the tables. */
function placedStations({ observations }) {
  return observations.stations
    .map((station, position) => ({ ...station, position }))
    .filter(({ longitude, latitude }) => !Number.isNaN(longitude) && Math.abs(latitude) <= 90);
}

function globalAttributes({ model, modelSha256, runtime, timeZone, files, quality }, now) {
  const [target] = model.variables;
  const title = target.longName.charAt(0).toUpperCase() + target.longName.slice(1);
  return {
    Conventions: "CF-1.8",
    title: `${title}, fused from station observations`,
    institution: "not given",
    source:
      `the network ${model.name} ${model.version} of pointfuse alone, which was trained on ` +
      "simulations alone, applied to station observations",
    history: `${now.toISOString().slice(0, 19)}+00:00 pointfuse in a browser: ${files.join(", ")}`,
    references: REFERENCES,
    comment: `Days begin and end in the time zone ${timeZone}. Observations from ${files.join(", ")}.`,
    day_timezone: timeZone,
    quality_control: quality
      ? `pointfuse in a browser: ${quality.text}`
      : "switched off; only values out of the valid range were left out",
    model_name: model.name,
    model_version: model.version,
    model_precision: model.precision,
    ...(modelSha256 && { model_sha256: modelSha256 }),
    execution_provider: "WebAssembly",
    runtime,
  };
}
