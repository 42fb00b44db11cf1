/** @module formats The formats of files that the page reads, and how it tells them. */

import { InputError, shortened } from "../errors.js";
import { isCnemc, readCnemc } from "./cnemc.js";
import { readCsv } from "./csv.js";
import { isStationList, readStationList, withPlaces } from "./station_list.js";
import { isTidy, readTidy } from "./tidy.js";

/**
 * Read station files, and the station lists among them, in any order.
 * @param {{name: string, content: () => Promise<Uint8Array>}[]} files
 * @param {import("../model/metadata.js").Variable[]} variables variables to look for
 * @param {import("../timezones.js").TimeZone} zone of times that name none, and of the days
 * @returns {Promise<{parts: import("../stations/merging.js").Part[], remarks: string[]}>} the values of
 *   each file, and what was odd about all of them
 * @throws {InputError} if a file is in another format or damaged, or needs a list that is not there
 */
export async function readFiles(files, variables, zone) {
  const parts = [];
  const lists = [];
  // One after the other: a file of texts is many times as large as its numbers.
  for (const { name, content } of files) {
    const table = await readCsv(name, await content());
    if (isCnemc(table.header)) parts.push(readCnemc(table, variables, zone));
    else if (isTidy(table.header)) parts.push(readTidy(table, variables, zone));
    else if (isStationList(table.header)) lists.push(readStationList(table));
    else throw unknown(table, variables);
  }
  if (!parts.length) {
    throw new InputError(
      `${lists.map(({ name }) => name).join(", ")} lists stations and holds no observations; drop ` +
        "the station files together with it",
    );
  }
  const placed = withPlaces(parts, lists);
  return {
    parts: placed.parts,
    remarks: [...parts.flatMap((part) => part.remarks), ...placed.remarks],
  };
}

function unknown({ name, header }, variables) {
  return new InputError(
    `${name} is in none of the formats that this page reads: expected the header ` +
      `station,longitude,latitude,date|time,${variables.map((each) => each.name).join(",")} ` +
      "(variables as there are), a CNEMC file (date,hour,type,1001A,...) with its station list " +
      `(监测点编码,城市,经度,纬度 or station,longitude,latitude), got ${shortened(header)}; the ` +
      "command line reads other formats",
  );
}
