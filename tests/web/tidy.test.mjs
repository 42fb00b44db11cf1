// Tidy tables as people have them: other names of columns, other ways to write a day.

import assert from "node:assert/strict";
import { test } from "node:test";

import { parseCsv } from "../../inference/web/js/readers/csv.js";
import { dayText } from "../../inference/web/js/readers/cells.js";
import { readTidy } from "../../inference/web/js/readers/tidy.js";

const VARIABLES = [
  { name: "pm25", units: "ug m-3", validRange: [0, 1500] },
  { name: "wind_speed", units: "m s-1", validRange: [0, 60] },
];
const BEIJING = { instant: (local) => local - 288e5, local: (instant) => instant + 288e5 };
const read = (text) => readTidy(parseCsv("a.csv", text), VARIABLES, BEIJING);

test("usual names of columns, in any case", () => {
  for (const header of [
    "station,longitude,latitude,date,pm25",
    "site,lon,lat,date,PM2.5",
    "Station,Longitude,Latitude,Date,PM25",
    "STATION_ID,LNG,Lat,Day,pm2_5",
    "code,lon,lat,day,PM₂.₅ [ug/m3]",
  ]) {
    const { stations, times, values, hourly } = read(`${header}\nA,116.5,39.5,2019-01-06,80\n`);
    assert.deepEqual(stations, [{ code: "A", longitude: 116.5, latitude: 39.5 }]);
    assert.equal(hourly, false);
    assert.deepEqual([...values.pm25], [80]);
    assert.equal(dayText(times[0]), "2019-01-06");
  }
});

test("decimal commas between semicolons", () => {
  const { stations, values } = read("site;lon;lat;date;pm25\nA;116,5;39,25;2019-01-06;80,5\n");
  assert.deepEqual(stations, [{ code: "A", longitude: 116.5, latitude: 39.25 }]);
  assert.deepEqual([...values.pm25], [80.5]);
});

test("a last line without an end is used if it can be read, and left out if not", () => {
  const head = "station,longitude,latitude,date,pm25\nA,116,39,2019-01-06,80\n";
  const whole = read(`${head}B,116,39,2019-01-06,12`);
  assert.deepEqual([[...whole.values.pm25], whole.remarks], [[80, 12], []]);
  for (const cut of ["B,116,39,2019-01-06,1e", "B,116,39,2019-0,1", "B,116,39,20", '"B']) {
    const { values, stations, remarks } = read(head + cut);
    assert.deepEqual([...values.pm25], [80]);
    assert.equal(stations.length, 1);
    assert.deepEqual(remarks, ["a.csv ends within line 3, which was left out"]);
  }
  assert.throws(() => read(`${head}B,116,39,2019-01-06,1e\n`), /line 3, column 'pm25'/);
});

test("two columns that may be meant are refused", () => {
  const refused = (header, message) =>
    assert.throws(() => read(`${header}\n${header.replace(/[^,]+/g, "1")}\n`), message);
  refused("site,code,lon,lat,date,pm25", /names station twice, as site and code/);
  refused("station,lon,lng,lat,date,pm25", /names longitude twice, as lon and lng/);
  refused("station,lon,lat,date,pm25,PM2.5", /names pm25 twice, as pm25 and PM2.5/);
  refused("station,lon,lat,Date,Time,pm25", /both a column 'date' and a column 'time'/);
});

test("beside the very name others are other columns", () => {
  const text = "station,code,longitude,lng,latitude,date,day,pm25\nA,7,116,x,39,2019-01-06,Sun,80\n";
  assert.equal(read(text).stations[0].code, "A");
});

test("ways to write a day", () => {
  const row = (day) => read(`station,lon,lat,date,pm25\nA,116,39,${day},80\n`).times[0];
  for (const day of [
    ...["2019-01-06", "20190106", "2019-1-6", "2019/1/6", "2019.01.06", "2019-01-06 00:00:00"],
    ...["2019-1-6 0:00", "2019-01-06T00:00Z", "2019-01-06 00:00:00.000"],
  ]) {
    assert.equal(dayText(row(day)), "2019-01-06", day);
  }
  assert.throws(() => row("2019-01-06 13:00"), /expected a date, got a time of the day/);
  assert.throws(() => row("2019-01-06 00:00:00.5"), /expected a date, got a time of the day/);
  assert.throws(() => row("06/01/2019"), /day and month may be either; write the year first/);
  for (const day of ["2019-01-1", "2019-02-30", "2019-1/6", "yesterday"]) {
    assert.throws(() => row(day), /expected a date such as 2019-01-06/, day);
  }
});

test("hours without padding", () => {
  const hour = (time) => {
    const [first] = read(`station,lon,lat,datetime,pm25\nA,116,39,${time},80\n`).times;
    return (first - Date.UTC(2019, 0, 6)) / 36e5;
  };
  assert.equal(hour("2019-1-6 5:00"), 5);
  assert.equal(hour("2019/1/6 5:30:00"), 5);
  assert.equal(hour("2019-1-6 5:00Z"), 13);
  assert.equal(hour("2019-1-6 5:00 UTC"), 13);
  assert.equal(hour("2019-01-06 5:00 +8:00"), 5);
  assert.equal(hour("2019-1-6 5:00 +0530"), 7);
});
