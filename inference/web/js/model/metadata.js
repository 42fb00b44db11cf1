/** @module metadata What a model file says of itself, read from the ONNX file (docs/reference/model-file.md). */

import { InputError } from "../errors.js";
import { Grid } from "../grid/grid.js";
import { metadataEntry } from "./onnx_file.js";

const KEY = "pointfuse";
const SCHEMA_VERSIONS = [1, 2];

/**
 * @typedef {object} Variable
 * @property {string} name
 * @property {string} units in CF spelling
 * @property {string} standardName
 * @property {string} longName
 * @property {[number, number]} validRange of daily means
 */

/**
 * @typedef {object} Model
 * @property {string} name
 * @property {string} version
 * @property {string} summary
 * @property {string} licence
 * @property {string} precision
 * @property {Grid} grid
 * @property {Variable[]} variables in the order of the channels; the first is the one that is fused
 * @property {boolean} countsStations whether the mask of the fused variable holds the stations of
 *   each cell, not 0 and 1
 * @property {{name: string, scale: number}[]} staticLayers fields that the file carries, in the order of
 *   the tensor, and what their numbers are multiplied by to have them in plain units
 * @property {{length: number, own: number, hours: number[], passing: number[]} | null}
 *   errorCorrelation how errors of the field go together, where the file says so
 * @property {string[]} sources data from which the static layers were made
 */

/**
 * Read and check the description in a model file.
 * @param {string} name name of the file, for messages
 * @param {Uint8Array} content the whole file
 * @returns {Model}
 * @throws {InputError} if it is no pointfuse model, or one of another schema
 */
export function readModel(name, content) {
  if (
    new TextDecoder().decode(content.subarray(0, 42)) ===
    "version https://git-lfs.github.com/spec/v1"
  ) {
    throw new InputError(
      `${name} is a Git LFS pointer, not the model itself; run 'git lfs pull' or download the file`,
    );
  }
  const text = metadataEntry(content, KEY);
  if (text === undefined) {
    throw new InputError(
      `${name} is not a whole pointfuse model: expected an ONNX file with the metadata entry ` +
        `'${KEY}'; get it again from where it was published`,
    );
  }
  try {
    const description = JSON.parse(text);
    if (!SCHEMA_VERSIONS.includes(description.schema_version)) {
      throw new InputError(
        `the metadata of ${name} has schema version ${description.schema_version}, this page reads ` +
          `versions ${SCHEMA_VERSIONS.join(" and ")}; use a page that matches the model`,
      );
    }
    return modelOf(description);
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(
      `the metadata of ${name} is garbled (${error.message}); get the file again from where it was published`,
    );
  }
}

function modelOf(description) {
  const { name, version, summary, licence, precision } = description;
  return {
    name,
    version,
    summary,
    licence,
    precision,
    grid: new Grid(description.grid),
    variables: description.variables.map((variable) => ({
      name: variable.name,
      units: variable.units,
      standardName: variable.standard_name,
      longName: variable.long_name,
      validRange: variable.valid_range,
    })),
    countsStations: description.schema_version > 1,
    staticLayers: description.static_layers.map((layer) => ({
      name: layer.name,
      scale: sizeOf(layer.units),
    })),
    errorCorrelation: description.error_correlation ?? null,
    sources: [...new Set(description.static_layers.map((layer) => layer.source))],
  };
}

/** A number in front of units is their size: 0.5 of `2000 m` is a kilometre. */
function sizeOf(units) {
  const size = Number.parseFloat(units);
  return Number.isNaN(size) ? 1 : size;
}
