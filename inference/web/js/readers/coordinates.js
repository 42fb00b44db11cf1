/** @module coordinates Where the stations of a file stand: which pairs of numbers are places, and which are none. */

import { InputError, quoted } from "../errors.js";
import { numberOf } from "./cells.js";

const FILL = /^(?:-?9{2,}(?:\.9+|\.0+)?|[+-]?\d(?:\.\d+)?e\+?\d{2,})$/i;
/** Part of the stations of a file at which one impossible coordinate shows a wrong column. */
const MANY = 0.1;
const NOTHING = new Set(["", "-", "--", "—"]);

/** A place that is not known. */
export const NOWHERE = Object.freeze({ longitude: NaN, latitude: NaN });

/**
 * Coordinates of the stations of a file, and what is wrong with them.
 *
 * An empty coordinate is no fault. A pair that cannot be on Earth, such as -999 and -999 or 0 and 0,
 * costs the station its place. A place that is one only the other way round is let through where most
 * are not so: that is for quality control to find.
 */
export class Coordinates {
  #table;
  #odd = new Map();
  #placed = new Set();
  #swapped = new Map();

  /** @param {import("./csv.js").Table} table */
  constructor(table) {
    this.#table = table;
  }

  /**
   * Place of a row.
   * @param {number} line number of the row
   * @param {string} code the station that it is of
   * @param {string} longitude cell
   * @param {string} latitude cell
   * @returns {{longitude: number, latitude: number}} both NaN where they are missing or no place
   */
  place(line, code, longitude, latitude) {
    const given = [longitude, latitude]
      .map((text) => text.trim().slice(0, 20) || "nothing")
      .join(" and ");
    const [east, north] = [longitude, latitude].map((text) => this.#number(text));
    if (Number.isNaN(east) || Number.isNaN(north)) {
      const left = [longitude, latitude].every((text) => NOTHING.has(text.trim()));
      if (!left) this.#note(this.#odd, code, { line, given, lone: false });
      return NOWHERE;
    }
    const zero = east === 0 && north === 0;
    if (!zero && (isPlace(east, north) || isPlace(north, east))) {
      this.#placed.add(code);
      if (!isPlace(east, north)) this.#note(this.#swapped, code, { line, given });
      return { longitude: east, latitude: north };
    }
    const filled = [longitude, latitude].some((text) => FILL.test(text.trim()));
    const possible = (east >= -180 && east <= 360) || (north >= -90 && north <= 90);
    const lone = possible && !filled && east !== north;
    this.#note(this.#odd, code, { line, given, zero, lone });
    return NOWHERE;
  }

  /**
   * What was found, once all rows are read.
   * @returns {string[]} at most one sentence
   * @throws {InputError} if no coordinates are a place, most are one only the other way round, or
   *   many are half of one, which shows a wrong column
   */
  remarks() {
    this.#refuseIfSwapped();
    const odd = [...this.#odd].filter(([code]) => !this.#placed.has(code));
    if (!odd.length) return [];
    const lone = odd.filter(([, each]) => each.lone);
    const wrong = lone.length > Math.max(1, MANY * (odd.length + this.#placed.size)) ? lone : odd;
    const [code, first] = wrong[0];
    if (wrong === lone || !this.#placed.size) {
      const others = wrong.length - 1;
      const more = others ? ` (station ${quoted(code)}, and ${others} more such)` : "";
      const expected = first.zero
        ? "a place (0 and 0 stand for none)"
        : "a longitude from -180 to 360 and a latitude from -90 to 90";
      throw new InputError(
        `${this.#at(first)}: expected ${expected}, got ${first.given}${more}; correct them or ` +
          "leave them empty",
      );
    }
    return [
      `No usable coordinates in ${this.#table.name} at ${odd.length} stations, first ${code} on ` +
        `line ${first.line} (${first.given})`,
    ];
  }

  #refuseIfSwapped() {
    if (2 * this.#swapped.size <= this.#placed.size) return;
    const [code, first] = [...this.#swapped][0];
    throw new InputError(
      `${this.#at(first)}: longitude and latitude seem swapped at ${this.#swapped.size} of ` +
        `${this.#placed.size} stations, first ${code} (${first.given}); exchange the names of the ` +
        "two columns",
    );
  }

  #at({ line }) {
    return `${this.#table.name}, line ${line}`;
  }

  /** A text such as `unknown` is as good as nothing. */
  #number(text) {
    try {
      return numberOf(this.#table.decimalComma ? text.replaceAll(",", ".") : text, () => "");
    } catch {
      return NaN;
    }
  }

  #note(found, code, what) {
    if (!found.has(code)) found.set(code, what);
  }
}

function isPlace(longitude, latitude) {
  return longitude >= -180 && longitude <= 360 && latitude >= -90 && latitude <= 90;
}
