/** @module network The network of a model file, run by ONNX Runtime in WebAssembly. */

import * as ort from "../../onnxruntime/ort.wasm.min.mjs";

import { InputError } from "../errors.js";

const MOST_THREADS = 8;

// The runtime's own files lie beside it; without isolation from other origins there is one thread.
ort.env.wasm.wasmPaths = new URL("../../onnxruntime/", import.meta.url).href;
ort.env.wasm.numThreads = self.crossOriginIsolated
  ? Math.min(navigator.hardwareConcurrency || 1, MOST_THREADS)
  : 1;

/** Version of the runtime, such as `onnxruntime-web 1.30.0`. */
export const RUNTIME = `onnxruntime-web ${ort.env.versions.web}`;

/** A network that is ready to run. */
export class Network {
  #session;

  /**
   * @param {import("./metadata.js").Model} model
   * @param {object} session
   */
  constructor(model, session) {
    this.model = model;
    this.#session = session;
  }

  /**
   * Prepare the network of a model file.
   * @param {string} name name of the file, for messages
   * @param {Uint8Array} content the whole file
   * @param {import("./metadata.js").Model} model what the file says of itself
   * @returns {Promise<Network>}
   * @throws {InputError} if the runtime refuses the file
   */
  static async prepare(name, content, model) {
    let session;
    try {
      session = await ort.InferenceSession.create(content, { executionProviders: ["wasm"] });
    } catch (error) {
      throw new InputError(
        `${name} cannot be run in this browser (${error.message.slice(0, 200)}); get the file ` +
          "again, or another model",
      );
    }
    const [target] = model.variables;
    const lacks = ["observations", "observed"].filter((each) => !session.inputNames.includes(each));
    if (!session.outputNames.includes(target.name)) lacks.push(target.name);
    if (lacks.length) {
      throw new InputError(
        `${name} lacks ${lacks.join(", ")}, which its description declares; export the model again`,
      );
    }
    return new Network(model, session);
  }

  /** Threads on which it runs. */
  get threads() {
    return ort.env.wasm.numThreads;
  }

  /** Give its memory back. */
  async release() {
    await this.#session.release();
  }

  /**
   * Complete the gridded observations of a day to fields.
   * @param {import("../stations/gridding.js").GriddedDay} gridded
   * @returns {Promise<{field: Float32Array, scale: Float32Array | null}>} the fused variable by row
   *   and column, and the logistic scale of its error, where the model gives one
   * @throws {InputError} if the model gives a field or a scale that cannot be
   */
  async run({ observations, observed }) {
    const { grid, variables } = this.model;
    const shape = [1, variables.length, grid.rows, grid.columns];
    const [target] = variables;
    const outputs = [target.name, `${target.name}_scale`].filter((name) =>
      this.#session.outputNames.includes(name),
    );
    const results = await this.#session.run(
      {
        observations: new ort.Tensor("float32", observations, shape),
        observed: new ort.Tensor("float32", observed, shape),
      },
      outputs,
    );
    const [field, scale] = outputs.map((name) => {
      const { data } = results[name];
      if (data.length !== grid.size || !data.every((value) => value >= 0 && value < Infinity)) {
        throw new InputError(
          `the model gave values of ${name} that are negative or not finite for sound ` +
            "observations; it is not fit for use",
        );
      }
      return data;
    });
    return { field, scale: scale ?? null };
  }
}
