/**
 * @module projection Map projections of a sphere, forward and inverse.
 *
 * The parameters carry the names of the CF conventions, as in the metadata of a model file. Formulae
 * are those of Snyder, J. P.: Map projections - a working manual, USGS Professional Paper 1395, 1987,
 * and the same as in `inference/pointfuse/grid/projections.py`.
 */

import { InputError } from "../errors.js";

/**
 * @typedef {object} Projection
 * @property {(longitude: number, latitude: number) => [number, number]} forward degrees east and
 *   north to x and y in m
 * @property {(x: number, y: number) => [number, number]} inverse x and y in m to degrees east in
 *   [-180, 180) and degrees north
 */

const { PI, atan, atan2, cos, hypot, log, sign, sin, sinh, tan } = Math;

/** @type {Record<string, (parameters: Record<string, any>) => Projection>} */
const PROJECTIONS = {
  lambert_conformal_conic: lambertConformal,
  polar_stereographic: polarStereographic,
  mercator,
  latitude_longitude: latitudeLongitude,
};

/**
 * A projection from the grid mapping of a model.
 * @param {Record<string, any>} mapping `grid_mapping_name` and the parameters of it
 * @returns {Projection}
 * @throws {InputError} if the projection is not known
 */
export function projectionOf(mapping) {
  const make = PROJECTIONS[mapping.grid_mapping_name];
  if (!make) {
    throw new InputError(
      `the model's grid is in the projection '${mapping.grid_mapping_name}', this page knows ` +
        `${Object.keys(PROJECTIONS).join(", ")}; use a page that matches the model`,
    );
  }
  const projection = make(mapping);
  if (!projection.forward(0, 1).every(Number.isFinite)) {
    throw new InputError(
      `the parameters of the model's projection '${mapping.grid_mapping_name}' are incomplete or ` +
        "impossible; get the file again from where it was published",
    );
  }
  return projection;
}

/** Snyder 15-1 to 15-5. */
function lambertConformal(mapping) {
  const [first, second] = mapping.standard_parallel.map(radians);
  const meridian = mapping.longitude_of_central_meridian;
  const cone =
    Math.abs(first - second) < 1e-10
      ? sin(first)
      : log(cos(first) / cos(second)) / log(halfAngleTangent(second) / halfAngleTangent(first));
  const scale = (mapping.earth_radius * cos(first) * halfAngleTangent(first) ** cone) / cone;
  const origin = scale / halfAngleTangent(radians(mapping.latitude_of_projection_origin)) ** cone;
  return {
    forward(longitude, latitude) {
      const angle = cone * turn(longitude, meridian);
      const distance = scale / halfAngleTangent(radians(latitude)) ** cone;
      return [distance * sin(angle), origin - distance * cos(angle)];
    },
    inverse(x, y) {
      // A cone that opens southward (negative constant) has its tip in the south.
      const east = sign(cone) * x;
      const north = sign(cone) * (origin - y);
      const distance = sign(cone) * hypot(east, north);
      const latitude = 2 * atan((scale / distance) ** (1 / cone)) - PI / 2;
      return [longitudeOf(atan2(east, north) / cone, meridian), degrees(latitude)];
    },
  };
}

/** Snyder 21-5 to 21-12, 20-14, 20-16. */
function polarStereographic(mapping) {
  const meridian = mapping.straight_vertical_longitude_from_pole;
  const pole = sign(mapping.latitude_of_projection_origin);
  const scale = mapping.earth_radius * (1 + sin(radians(pole * mapping.standard_parallel)));
  return {
    forward(longitude, latitude) {
      const angle = turn(longitude, meridian);
      const distance = scale * tan(PI / 4 - (pole * radians(latitude)) / 2);
      return [distance * sin(angle), -pole * distance * cos(angle)];
    },
    inverse(x, y) {
      const latitude = PI / 2 - 2 * atan(hypot(x, y) / scale);
      return [longitudeOf(atan2(x, -pole * y), meridian), pole * degrees(latitude)];
    },
  };
}

/** Snyder 7-1 to 7-5. */
function mercator(mapping) {
  const meridian = mapping.longitude_of_projection_origin;
  const scale = mapping.earth_radius * cos(radians(mapping.standard_parallel));
  return {
    forward(longitude, latitude) {
      return [scale * turn(longitude, meridian), scale * log(halfAngleTangent(radians(latitude)))];
    },
    inverse(x, y) {
      return [longitudeOf(x / scale, meridian), degrees(atan(sinh(y / scale)))];
    },
  };
}

/** Degrees as metres of a meridian (Snyder 12-1, 12-2). */
function latitudeLongitude(mapping) {
  const meridian = mapping.longitude_of_central_meridian;
  const radius = mapping.earth_radius;
  return {
    forward: (longitude, latitude) => [
      radius * turn(longitude, meridian),
      radius * radians(latitude),
    ],
    inverse: (x, y) => [longitudeOf(x / radius, meridian), degrees(y / radius)],
  };
}

function radians(angle) {
  return (angle * PI) / 180;
}

function degrees(angle) {
  return (angle * 180) / PI;
}

/** The remainder that is never negative. */
function modulo(value, period) {
  return ((value % period) + period) % period;
}

/** Angle from a meridian, radians, at most half a turn either way. */
function turn(longitude, meridian) {
  return radians(modulo(longitude - meridian + 180, 360) - 180);
}

function longitudeOf(angle, meridian) {
  return modulo(meridian + degrees(angle) + 180, 360) - 180;
}

/** Tangent of 45 degrees plus half the latitude. */
function halfAngleTangent(latitude) {
  return tan(PI / 4 + latitude / 2);
}
