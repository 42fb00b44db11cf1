/** @module page The page: what a person asks for, and what the worker answers. */

import { Grid } from "./grid/grid.js";
import { mapLines } from "./grid/natural_earth.js";
import { keepOffline } from "./offline.js";
import { Result } from "./result.js";

const EXAMPLE = ["air_quality.csv", "weather.csv"];
const MANIFEST = "models/manifest.json";
// Others are no faster in WebAssembly (docs/guide/browser.md); some models come in one alone.
const PRECISION = "fp32";
const MEGABYTE = 1e6;
const OWN_MODEL = "own";

const element = (id) => document.getElementById(id);

/** Says something to those who hear the page. */
function announce(text) {
  element("live").textContent = text;
}

const result = new Result(announce);
let worker = null;
let running = null;
let ownModel = null;
const coast = mapLines(async (name) => (await fetched(`natural_earth/${name}.npy`)).arrayBuffer());
const models = listModels();
// Whoever waits for them says what went wrong; until then it is no error that nobody has caught.
for (const awaited of [coast, models]) awaited.catch(() => {});

async function listModels() {
  const response = await fetched(MANIFEST);
  const chosen = new Map();
  for (const model of (await response.json()).models) {
    // Models of any place need the layers of the whole Earth.
    if (model.anywhere) continue;
    if (!chosen.has(model.name) || model.precision === PRECISION) chosen.set(model.name, model);
  }
  for (const { file, name, version, bytes } of chosen.values()) {
    element("model").add(
      new Option(`${name} ${version} (${(bytes / MEGABYTE).toFixed(1)} MB)`, file),
    );
  }
  return [...chosen.values()].map(({ file, bytes, sha256 }) => ({
    name: file,
    url: new URL(`models/${file}`, location.href).href,
    bytes,
    sha256,
  }));
}

async function chosenModel() {
  if (element("model").value === OWN_MODEL) return { name: ownModel.name, file: ownModel };
  return (await models).find(({ name }) => name === element("model").value);
}

async function exampleFiles() {
  return Promise.all(
    EXAMPLE.map(async (name) => new File([await (await fetched(`examples/${name}`)).blob()], name)),
  );
}

/** A file of the page. */
async function fetched(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response;
}

/** Files that a person gave: a model is kept for what follows, station files are fused. */
async function take(files) {
  const model = files.find(({ name }) => name.toLowerCase().endsWith(".onnx"));
  if (model) {
    ownModel = model;
    element("model").querySelector(`[value=${OWN_MODEL}]`)?.remove();
    element("model").add(new Option(`${model.name} (yours)`, OWN_MODEL, false, true));
    announce(`The model ${model.name} is used from now on.`);
  }
  const stationFiles = files.filter((file) => file !== model);
  if (stationFiles.length) await fuse(stationFiles);
  else if (model) element("model").closest("details").open = true;
}

/**
 * Have the worker fuse station files.
 * @param {File[] | Promise<File[]>} files
 */
async function fuse(files) {
  stop();
  element("error").hidden = true;
  result.hide();
  const mine = { since: performance.now(), timer: setInterval(showElapsed, 100) };
  running = mine;
  showProgress("Starting", 0);
  element("working").hidden = false;
  try {
    const request = {
      files: await files,
      model: await chosenModel(),
      timeZone: element("time-zone").value.trim(),
      minHours: Number(element("min-hours").value),
      qualityControl: element("quality-control").checked,
    };
    mine.coast = await coast;
    // Another one may have begun meanwhile.
    if (running !== mine) return;
    worker ??= newWorker();
    worker.postMessage(request);
  } catch (error) {
    showError(
      `a file of the page could not be fetched (${error.message}); see whether it is still served`,
    );
  }
}

function newWorker() {
  const made = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
  made.onmessage = ({ data }) => answers[data.kind](data);
  made.onerror = (event) => {
    event.preventDefault();
    worker = null;
    showError(
      `the part of the page that computes did not start (${event.message || "a file is missing"}); ` +
        "load the page again with a browser of 2023 or later",
    );
  };
  return made;
}

/** What to do with each kind of message of the worker, one after the other. */
const answers = {
  progress: ({ stage, share }) => showProgress(stage, share),
  begun: (data) => {
    const model = { ...data.model, grid: new Grid(data.model.grid) };
    running.fusion = { ...data, model, fields: [] };
    element("attribution").textContent =
      `Model ${model.name} ${model.version}, licence ${model.licence}, made with: ${model.sources.join("; ")}.`;
  },
  day: ({ number, field, uncertainty, stationCount, stationDistance }) => {
    if (number === 0) result.begin(running.fusion, running.coast);
    result.add({ field, uncertainty, stationCount, stationDistance });
  },
  done: () => {
    const { fusion, since } = running;
    const days = fusion.days.length === 1 ? "The day is" : `${fusion.days.length} days are`;
    announce(
      `${days} fused, after ${((performance.now() - since) / 1000).toFixed(0)} seconds. The map is below.`,
    );
    finish();
  },
  error: ({ message }) => showError(message),
};

/** Show how far it is; a share of null is not known. */
function showProgress(stage, share) {
  if (element("stage").textContent !== stage) {
    element("stage").textContent = stage;
    announce(stage);
  }
  if (share === null) element("progress").removeAttribute("value");
  else element("progress").value = share;
}

function showElapsed() {
  element("elapsed").textContent = `${((performance.now() - running.since) / 1000).toFixed(1)} s`;
}

function showError(message) {
  finish();
  result.hide();
  element("error").textContent = `Nothing was fused: ${message}.`;
  element("error").hidden = false;
  element("error").focus();
}

/** The worker has nothing more to do. */
function finish() {
  clearInterval(running?.timer);
  running = null;
  element("working").hidden = true;
}

/** Break off what is running; days that are finished stay. */
function stop() {
  if (!running) return;
  worker?.terminate();
  worker = null;
  finish();
  announce("Stopped.");
}

element("files").addEventListener("change", async ({ target }) => {
  await take([...target.files]);
  // So that the same file can be chosen again once it is corrected.
  target.value = "";
});
element("example").addEventListener("click", () => fuse(exampleFiles()));
element("stop").addEventListener("click", stop);
addEventListener("dragover", (event) => {
  event.preventDefault();
  element("drop").classList.add("over");
});
addEventListener("dragleave", () => element("drop").classList.remove("over"));
addEventListener("drop", (event) => {
  event.preventDefault();
  element("drop").classList.remove("over");
  take([...event.dataTransfer.files]);
});
addEventListener("load", keepOffline);
