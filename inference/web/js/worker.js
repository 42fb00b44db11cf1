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
 */

import { readCsv } from "./csv.js";
import { InputError } from "./errors.js";
import { gridDay, stationDistance } from "./gridding.js";
import { readModel } from "./metadata.js";
import { Network, RUNTIME } from "./network.js";
import { dailyMeans } from "./observations.js";
import { fetched, sha256Of } from "./fetching.js";
import { placed } from "./placing.js";
import { readTidy } from "./tidy.js";
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
  const files = [];
  for (const file of request.files) {
    const content = new Uint8Array(await file.arrayBuffer());
    files.push(readTidy(await readCsv(file.name, content), model.variables, zone));
  }
  const observations = dailyMeans(files, model.variables, request.minHours);
  const { cells, days, remarks } = placed(observations, files, model);
  self.postMessage({
    kind: "begun",
    model: { ...model, grid: model.grid.description },
    modelSha256: ready.sha256,
    runtime: RUNTIME,
    threads: network.threads,
    timeZone: zone.name,
    files: files.map(({ file }) => file),
    bounds: days.map((day) => [
      zone.instant(observations.days[day]),
      zone.instant(observations.days[day] + 864e5),
    ]),
    observations,
    days,
    remarks,
  });
  for (const [number, day] of days.entries()) {
    // How long a day takes is not known before one is done.
    const share = number ? PREPARED + ((1 - PREPARED) * number) / days.length : null;
    progress(`Fusing day ${number + 1} of ${days.length}`, share);
    const gridded = gridDay(observations, day, cells, model);
    const { field, scale } = await network.run(gridded);
    const result = {
      field,
      // The standard deviation of a logistic distribution of that scale.
      uncertainty: scale?.map((value) => (Math.PI / Math.sqrt(3)) * value) ?? null,
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
  progress(`Preparing the model ${name}`, FETCHED);
  await ready?.network.release();
  ready = null;
  ready = { name, sha256: hash, network: await Network.prepare(name, content, model) };
  return ready.network;
}

function progress(stage, share) {
  self.postMessage({ kind: "progress", stage, share });
}
