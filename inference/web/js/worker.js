/**
 * @module worker Fusion away from the page, which stays responsive: files in, fields out.
 *
 * Takes one request, and posts messages as they come: `progress`, then `begun` once the files are
 * read, `day` for each field, `done`, or `error`.
 *
 * @typedef {object} Request
 * @property {File[]} files station files
 * @property {{name: string, file?: File, url?: string, bytes?: number, sha256?: string}} model
 * @property {string} timeZone
 * @property {number} minHours
 * @property {boolean} qualityControl whether to check the observations, and leave suspect ones out
 */

import { InputError } from "./errors.js";
import { fetched, sha256Of } from "./fetching.js";
import { uncertaintyOf } from "./fields/intervals.js";
import { readModel } from "./model/metadata.js";
import { Network, RUNTIME } from "./model/network.js";
import { checkDays } from "./quality/day_checks.js";
import { countReasons, flaggedRuns, flagsCsv, qualityLines, qualityText } from "./quality/flags.js";
import { DAY_LENGTH } from "./readers/cells.js";
import { readFiles } from "./readers/formats.js";
import { readHeight } from "./model/static_layers.js";
import { withHourly } from "./stations/eight_hour_means.js";
import { gridDay, stationDistance } from "./stations/gridding.js";
import { dailyTable } from "./stations/hours_to_days.js";
import { placed } from "./stations/placing.js";
import { TimeZone } from "./timezones.js";

// Shares of the progress bar.
const FETCHED = 0.1;
const PREPARED = 0.2;

/** The network of the last request, which the next one is likely to need again. */
let ready = null;

self.onmessage = async ({ data }) => {
  try {
    await fuse(data);
  } catch (error) {
    const known = error instanceof InputError;
    if (!known) console.error(error);
    const text = known
      ? error.message
      : `the page failed in a way that it should not (${error.message}); load it again, and report ` +
        "this if it happens twice";
    self.postMessage({ kind: "error", message: text });
  }
};

/** @param {Request} request */
async function fuse(request) {
  const network = await networkOf(request.model);
  const { model } = network;
  progress("Reading the station files", PREPARED);
  const zone = new TimeZone(request.timeZone);
  const observations = await readDays(request, model, zone);
  const { cells, used, days, remarks } = placed(observations, model);
  self.postMessage({
    kind: "begun",
    model: { ...model, grid: model.grid.description },
    modelSha256: ready.sha256,
    runtime: RUNTIME,
    threads: network.threads,
    timeZone: zone.name,
    files: request.files.map(({ name }) => name),
    bounds: days.map((day) => [
      zone.instant(observations.times[day]),
      zone.instant(observations.times[day] + DAY_LENGTH),
    ]),
    observations: {
      stations: observations.stations,
      times: observations.times,
      values: used,
      reasons: request.qualityControl ? observations.reasons : {},
    },
    days,
    remarks: [...observations.remarks, ...remarks],
    quality: request.qualityControl ? qualityOf(observations) : null,
  });
  for (const [number, day] of days.entries()) {
    // How long a day takes is not known before one is done.
    const share = number ? PREPARED + ((1 - PREPARED) * number) / days.length : null;
    progress(`Fusing day ${number + 1} of ${days.length}`, share);
    const gridded = gridDay(used, day, cells, model);
    const { field, scale } = await network.run(gridded);
    const result = {
      field,
      uncertainty: scale && uncertaintyOf(scale),
      stationCount: gridded.stationCount,
      stationDistance: stationDistance(gridded.stationCount, model.grid),
    };
    const moved = Object.values(result)
      .filter((values) => values)
      .map((values) => values.buffer);
    self.postMessage({ kind: "day", number, ...result }, moved);
  }
  self.postMessage({ kind: "done" });
}

/** Daily means of all files, checked as it was asked for, and what was odd about the files. */
async function readDays({ files, minHours, qualityControl }, model, zone) {
  const read = await readFiles(
    files.map((file) => ({
      name: file.name,
      content: async () => new Uint8Array(await file.arrayBuffer()),
    })),
    withHourly(model.variables),
    zone,
  );
  const days = dailyTable(read.parts, model.variables, minHours, qualityControl);
  const checked = qualityControl ? checkDays(days, model, ready.height) : days;
  return { ...checked, remarks: read.remarks };
}

/** What quality control found: for people, for files, and value by value. */
function qualityOf(observations) {
  const [counts, runs] = [countReasons(observations), flaggedRuns(observations)];
  return {
    lines: qualityLines(counts),
    text: qualityText(counts),
    suspects: runs.filter(({ state }) => state === "suspect"),
    flags: flagsCsv(runs),
  };
}

async function networkOf({ name, file, url, bytes, sha256 }) {
  if (!file && ready?.name === name) return ready.network;
  progress(`Fetching the model ${name}`, 0);
  const content = file
    ? new Uint8Array(await file.arrayBuffer())
    : await fetched(name, url, bytes, (share) =>
        progress(`Fetching the model ${name}`, share * FETCHED),
      );
  const hash = await sha256Of(content);
  if (sha256 && hash && hash !== sha256) {
    throw new InputError(
      `${name} is not the file that came with pointfuse: expected the sha256 ${sha256}, got ` +
        `${hash}; run make web again`,
    );
  }
  const model = readModel(name, content);
  const height = readHeight(name, content, model);
  progress(`Preparing the model ${name}`, FETCHED);
  await ready?.network.release();
  ready = null;
  ready = { name, sha256: hash, height, network: await Network.prepare(name, content, model) };
  return ready.network;
}

function progress(stage, share) {
  self.postMessage({ kind: "progress", stage, share });
}
