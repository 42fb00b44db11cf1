/** @module units Units of files: any common spelling, converted to the units of the model. */

import { InputError, quoted } from "./errors.js";

/**
 * For each unit a model may work in (CF spelling): how many of it one of the other makes. Keys are
 * spellings after `canonical`; `inference/pointfuse/basics/units.py` has the same table.
 * @type {Record<string, Record<string, number>>}
 */
export const FACTORS = {
  "ug m-3": {
    "ugm-3": 1,
    "mgm-3": 1e3,
    "ngm-3": 1e-3,
    "kgm-3": 1e9,
    "gm-3": 1e6,
    "microgramsm-3": 1,
    "microgramm-3": 1,
  },
  "1e-9": {
    "1e-9": 1,
    ppb: 1,
    ppbv: 1,
    "nmolmol-1": 1,
    ppm: 1e3,
    ppmv: 1e3,
    "1e-6": 1e3,
    "umolmol-1": 1e3,
    "molmol-1": 1e9,
    1: 1e9,
    ppt: 1e-3,
    pptv: 1e-3,
  },
  "%": { "%": 1, percent: 1, percentrelativehumidity: 1, 1: 100, fraction: 100 },
  "m s-1": {
    "ms-1": 1,
    "kmh-1": 1 / 3.6,
    knot: 1852 / 3600,
    knots: 1852 / 3600,
    kt: 1852 / 3600,
    mph: 0.44704,
  },
  K: { k: 1, kelvin: 1 },
  Pa: { pa: 1, pascal: 1, hpa: 100, mb: 100, mbar: 100 },
  "kg kg-1": { "kgkg-1": 1, "gkg-1": 1e-3, 1: 1 },
};

/**
 * Factor that turns values in one unit into another.
 * @param {string} variable name of the variable, for the message
 * @param {string} given unit as a file spells it, for example `µg/m³`
 * @param {string} wanted unit of the model, in CF spelling
 * @returns {number}
 * @throws {InputError} if the unit is not known for this variable
 */
export function conversionFactor(variable, given, wanted) {
  const known = FACTORS[wanted] ?? { [canonical(wanted)]: 1 };
  const factor = known[canonical(given)];
  if (factor === undefined) {
    throw new InputError(
      `the unit ${quoted(given)} of ${variable} cannot be converted to '${wanted}'; ` +
        `expected one of ${Object.keys(known).join(", ")}`,
    );
  }
  return factor;
}

/** One spelling for the many of a unit: `µg/m³`, `ug/m^3` and `ug m-3` become `ugm-3`. */
function canonical(unit) {
  // The micro sign and the Greek letter are two characters that look alike.
  const plain = { µ: "u", μ: "u", "³": "3", "⁻": "-", "¹": "1" };
  return unit
    .toLowerCase()
    .replace(/[µμ³⁻¹]/g, (letter) => plain[letter])
    .replace(/[\s^*_.·]+/g, "")
    .replace(/\((lc|25c)\)$/, "")
    .replace(/cubicmet(er|re)s?$/, "m3")
    .replace(/\/([a-z]+)(\d*)$/, (_, name, exponent) => `${name}-${exponent || 1}`);
}

/**
 * Units in CF spelling as people read them.
 * @param {string} units
 * @returns {string}
 */
export function typesetUnits(units) {
  const spellings = { "ug m-3": "µg\u00a0m⁻³", "1e-9": "ppb", "m s-1": "m\u00a0s⁻¹" };
  return spellings[units] ?? units;
}
