import { expect, test } from "vitest";
import { plainScalar, substitute } from "./substitute.ts";

const SET = { HOST: "db.example", EMPTY: "" };
const env = (rest: string): string => "$".concat(`{env:${rest}}`);

test.for([
  ["a place", env("HOST"), "db.example"],
  ["text around a place", `http://${env("HOST")}:5432/x`, "http://db.example:5432/x"],
  ["two places", `${env("HOST")}-${env("HOST")}`, "db.example-db.example"],
  ["a default that is not needed", env("HOST:-other"), "db.example"],
  ["a default", env("NONE:-http://127.0.0.1:8545"), "http://127.0.0.1:8545"],
  ["an empty default", `<${env("NONE:-")}>`, "<>"],
  ["a default for an empty variable", env("EMPTY:-x"), "x"],
  ["a doubled dollar sign", "pa$$word", "pa$word"],
  ["a place that is escaped", `$${env("HOST")}`, env("HOST")],
  ["a lone dollar sign", "5$ and $x", "5$ and $x"],
  ["nothing at all", "", ""],
])("fills %s", ([, text = "", value]) => {
  expect(substitute(text, SET)).toEqual({ value });
});

test.for([
  ["a variable that is not set", env("NONE"), "NONE, which is not set"],
  ["a variable that is empty", env("EMPTY"), "EMPTY, which is empty"],
  ["a place without env", "$".concat("{HOST}"), "does not begin"],
  ["a place that is not closed", "$".concat("{env:HOST"), "does not begin"],
  ["a variable name that is none", env("1HOST"), "does not begin"],
])("refuses %s", ([, text = "", fault]) => {
  expect(substitute(text, SET)).toEqual({ fault: expect.stringContaining(fault ?? "") });
});

test("a value is not filled a second time", () => {
  expect(substitute(env("A"), { A: env("B"), B: "b" })).toEqual({ value: env("B") });
});

test.for([
  ["31337", 31337],
  ["-1.5", -1.5],
  ["0", 0],
  ["true", true],
  ["false", false],
  ["0x1f", "0x1f"],
  ["007", "007"],
  ["1e5", "1e5"],
  ["1.0", "1.0"],
  ["123456789012345678901", "123456789012345678901"],
  ["NaN", "NaN"],
  ["Infinity", "Infinity"],
  ["null", "null"],
  [" 1", " 1"],
  ["", ""],
] as const)("%j from outside is %j", ([text, value]) => {
  expect(plainScalar(text)).toBe(value);
});
