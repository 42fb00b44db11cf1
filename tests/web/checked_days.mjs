// What the page makes of station files, as JSON: checked_days.mjs MODEL TIME_ZONE MIN_HOURS QC FILE...
// QC is `on` or `off`.

import { readFileSync } from "node:fs";
import { basename } from "node:path";

import { readModel } from "../../inference/web/js/model/metadata.js";
import { checkDays } from "../../inference/web/js/quality/day_checks.js";
import {
  countReasons,
  flaggedRuns,
  flagsCsv,
  qualityLines,
} from "../../inference/web/js/quality/flags.js";
import { DAY_LENGTH, dayText } from "../../inference/web/js/readers/cells.js";
import { readFiles } from "../../inference/web/js/readers/formats.js";
import { readHeight } from "../../inference/web/js/model/static_layers.js";
import { withHourly } from "../../inference/web/js/stations/eight_hour_means.js";
import { dailyTable } from "../../inference/web/js/stations/hours_to_days.js";
import { placed } from "../../inference/web/js/stations/placing.js";
import { TimeZone } from "../../inference/web/js/timezones.js";

const [, , modelPath, timeZone, minHours, qualityControl, ...paths] = process.argv;
const checks = qualityControl === "on";
const content = new Uint8Array(readFileSync(modelPath));
const model = readModel(basename(modelPath), content);
const zone = new TimeZone(timeZone);
// JSON has no NaN: it writes null.
const lists = (tables) =>
  Object.fromEntries(Object.entries(tables).map(([name, table]) => [name, [...table]]));
try {
  const files = paths.map((path) => ({
    name: basename(path),
    content: async () => new Uint8Array(readFileSync(path)),
  }));
  const read = await readFiles(files, withHourly(model.variables), zone);
  const days = dailyTable(read.parts, model.variables, Number(minHours), checks);
  const checked = checks ? checkDays(days, model, readHeight(modelPath, content, model)) : days;
  const { stations, times, values, reasons } = checked;
  console.log(
    JSON.stringify({
      stations,
      days: times.map(dayText),
      bounds: times.map((day) => [zone.instant(day), zone.instant(day + DAY_LENGTH)]),
      values: lists(values),
      reasons: lists(reasons),
      used: lists(placed(checked, model).used),
      remarks: read.remarks,
      lines: qualityLines(countReasons(checked)),
      flags: flagsCsv(flaggedRuns(checked)),
    }),
  );
} catch (error) {
  if (error.constructor.name !== "InputError") throw error;
  console.log(JSON.stringify({ error: error.message }));
}
