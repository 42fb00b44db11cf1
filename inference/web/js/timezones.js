/**
 * @module timezones In which of them a day begins and ends.
 *
 * Local times are counted as if they were UTC: milliseconds that a clock on the wall would show.
 */

import { InputError, quoted } from "./errors.js";

const OFFSET = /^(?:UTC)?([+-])([01]\d|2[0-3]):?([0-5]\d)$/;

/** A time zone: a name such as `Asia/Shanghai`, `UTC`, or an offset such as `+05:30`. */
export class TimeZone {
  #formatter;
  #offset;

  /**
   * @param {string} name
   * @throws {InputError} if the name is no time zone
   */
  constructor(name) {
    this.name = name;
    const offset = OFFSET.exec(name);
    if (offset) {
      const minutes = 60 * Number(offset[2]) + Number(offset[3]);
      this.#offset = (offset[1] === "-" ? -minutes : minutes) * 60_000;
      return;
    }
    try {
      this.#formatter = new Intl.DateTimeFormat("en-US", {
        timeZone: name || "none",
        calendar: "iso8601",
        hourCycle: "h23",
        year: "numeric",
        month: "numeric",
        day: "numeric",
        hour: "numeric",
        minute: "numeric",
        second: "numeric",
      });
    } catch {
      throw new InputError(
        `the time zone ${quoted(name)} is not known here; expected a name such as 'Europe/Paris' ` +
          "or an offset such as '+08:00'",
      );
    }
  }

  /**
   * What the clock on the wall shows at an instant.
   * @param {number} instant milliseconds since 1970 in UTC
   * @returns {number} local milliseconds
   */
  local(instant) {
    if (this.#offset !== undefined) return instant + this.#offset;
    const part = Object.fromEntries(
      this.#formatter.formatToParts(instant).map(({ type, value }) => [type, Number(value)]),
    );
    return Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute, part.second);
  }

  /**
   * Instant at which the clock on the wall shows a time: the first, where it does so twice, and by
   * the clock of before, where it is put forward past that time.
   * @param {number} local local milliseconds
   * @returns {number} milliseconds since 1970 in UTC
   */
  instant(local) {
    const byClockOf = (day) => local - (this.local(day) - day);
    const before = byClockOf(local - 864e5);
    if (this.local(before) === local) return before;
    const after = byClockOf(local + 864e5);
    return this.local(after) === local ? after : before;
  }
}
