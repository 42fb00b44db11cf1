// What the page makes of station files, as JSON: daily_means.mjs TIME_ZONE MIN_HOURS VARIABLES FILE...

import { readFileSync } from "node:fs";
import { basename } from "node:path";

import { readCsv } from "../../inference/web/js/csv.js";
import { dailyMeans } from "../../inference/web/js/observations.js";
import { dayText, readTidy } from "../../inference/web/js/tidy.js";
import { TimeZone } from "../../inference/web/js/timezones.js";

const [, , timeZone, minHours, description, ...paths] = process.argv;
const variables = JSON.parse(description);
const zone = new TimeZone(timeZone);
try {
  const files = [];
  for (const path of paths) {
    const table = await readCsv(basename(path), new Uint8Array(readFileSync(path)));
    files.push(readTidy(table, variables, zone));
  }
  const { stations, days, values } = dailyMeans(files, variables, Number(minHours));
  const tables = Object.entries(values).map(([name, table]) => [name, [...table]]);
  const bounds = days.map((day) => [zone.instant(day), zone.instant(day + 864e5)]);
  console.log(
    JSON.stringify({
      stations,
      days: days.map(dayText),
      bounds,
      values: Object.fromEntries(tables),
    }),
  );
} catch (error) {
  if (error.constructor.name !== "InputError") throw error;
  console.log(JSON.stringify({ error: error.message }));
}
