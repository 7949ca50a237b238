import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { LAUNCH } from "./launch.ts";

const read = (file: string): string => readFileSync(new URL(`../${file}`, import.meta.url), "utf8");

it("is how the launcher starts Node", () => {
  const launcher = read("offing");
  expect(launcher).toContain(`/node" ${LAUNCH.flags.join(" ")} "$root/cli.ts"`);
  for (const [name, value] of Object.entries(LAUNCH.env)) expect(launcher).toContain(`${name}=\${${name}:-${value}}\n`);
  expect(launcher).toContain(`export ${Object.keys(LAUNCH.env).join(" ")}\n`);
});

it("is how the image of the emitters starts Node", () => {
  const image = read("Dockerfile");
  expect(image).toContain(`ENTRYPOINT ${JSON.stringify(["node", ...LAUNCH.flags, "emitter.ts"]).replaceAll(",", ", ")}`);
  for (const pair of Object.entries(LAUNCH.env)) expect(image).toContain(pair.join("="));
});
