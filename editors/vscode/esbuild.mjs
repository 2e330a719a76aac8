// Bundles the extension: one file for the editor's start, one with the language client, which is loaded on first use.
// With --tests: the tests of modules that need no editor, each on its own, for `node --test`.
import { readdirSync, rmSync } from "node:fs";
import { build } from "esbuild";

const tests = process.argv.includes("--tests");
const common = {
  bundle: true,
  platform: "node",
  target: "node20",
  format: "cjs",
  logLevel: "warning",
  // languageclient's dependencies have an ES entry that bundles smaller than their UMD one.
  mainFields: ["module", "main"],
};

if (tests) {
  rmSync("out/test", { recursive: true, force: true });
  await build({
    ...common,
    entryPoints: readdirSync("test")
      .filter((name) => name.endsWith(".test.ts"))
      .map((name) => `test/${name}`),
    outdir: "out/test",
    alias: { vscode: "./test/vscode_stub.ts" },
    sourcemap: "inline",
  });
} else {
  rmSync("dist", { recursive: true, force: true });
  await build({
    ...common,
    entryPoints: { extension: "src/extension.ts", client: "src/server/client.ts" },
    outdir: "dist",
    external: ["vscode", "./client.js"],
    minify: true,
  });
}
