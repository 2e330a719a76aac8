import assert from "node:assert/strict";
import { test } from "node:test";
import { candidates, discover, expand, type Surroundings } from "../src/server/discovery";

const LINUX: Surroundings = {
  setting: "",
  interpreter: undefined,
  environment: { PATH: "/usr/bin:/opt/bin::relative" },
  home: "/home/ann",
  platform: "linux",
  own: "/home/ann/.vscode/magray/server",
  workspace: "/work/shop",
};
const WINDOWS: Surroundings = {
  ...LINUX,
  environment: { Path: "C:\\Windows;D:\\tools", APPDATA: "C:\\Users\\ann\\AppData\\Roaming" },
  home: "C:\\Users\\ann",
  platform: "win32",
  own: "C:\\own",
  workspace: "C:\\shop",
};

const files = (around: Surroundings) => candidates(around).map((candidate) => candidate.file);
const only =
  (...there: string[]) =>
  async (file: string) =>
    there.includes(file);

test("the chosen interpreter's environment comes before PATH, and that before tools and our own", () => {
  const found = candidates({ ...LINUX, interpreter: "/work/shop/.venv/bin/python" });
  assert.equal(found[0]?.file, "/work/shop/.venv/bin/magray-lsp");
  assert.deepEqual(
    [...new Set(found.map((candidate) => candidate.origin))],
    ["python", "path", "tool", "own"],
  );
  assert.equal(found.at(-1)?.file, "/home/ann/.vscode/magray/server/bin/magray-lsp");
});

test("empty and relative parts of PATH are not looked into", () => {
  assert.ok(!files(LINUX).some((file) => file.startsWith("relative") || file === "magray-lsp"));
});

test("the places of uv tool and pipx are known without PATH", () => {
  const found = files(LINUX);
  assert.ok(found.includes("/home/ann/.local/bin/magray-lsp"));
  assert.ok(found.includes("/home/ann/.local/share/uv/tools/magray/bin/magray-lsp"));
  assert.ok(found.includes("/home/ann/.local/share/pipx/venvs/magray/bin/magray-lsp"));
  const moved = files({ ...LINUX, environment: { UV_TOOL_DIR: "/tools", PIPX_HOME: "/pipx" } });
  assert.ok(moved.includes("/tools/magray/bin/magray-lsp"));
  assert.ok(moved.includes("/pipx/venvs/magray/bin/magray-lsp"));
});

test("on Windows programs end in .exe and lie in Scripts", () => {
  const found = files({ ...WINDOWS, interpreter: "C:\\env\\Scripts\\python.exe" });
  assert.equal(found[0], "C:\\env\\Scripts\\magray-lsp.exe");
  assert.ok(found.includes("D:\\tools\\magray-lsp.exe"));
  assert.ok(found.includes("C:\\Users\\ann\\AppData\\Roaming\\uv\\tools\\magray\\Scripts\\magray-lsp.exe"));
  assert.equal(found.at(-1), "C:\\own\\Scripts\\magray-lsp.exe");
});

test("a program that the settings name is the only one", async () => {
  const around = { ...LINUX, setting: "~/env/bin/magray-lsp" };
  assert.deepEqual(files(around), ["/home/ann/env/bin/magray-lsp"]);
  assert.equal(await discover(around, only("/usr/bin/magray-lsp")), undefined);
});

test("a bare name in the settings is looked for on PATH, a relative path below the folder", () => {
  assert.deepEqual(files({ ...LINUX, setting: "magray-dev" }), [
    "/usr/bin/magray-dev",
    "/opt/bin/magray-dev",
  ]);
  assert.deepEqual(files({ ...LINUX, setting: ".venv/bin/magray-lsp" }), ["/work/shop/.venv/bin/magray-lsp"]);
  assert.deepEqual(files({ ...LINUX, setting: "./magray-lsp", workspace: undefined }), []);
});

test("variables of the settings are filled in", () => {
  const around = { ...LINUX, environment: { ENV: "/e" } };
  assert.equal(expand("${env:ENV}/x", around), "/e/x");
  assert.equal(expand("${workspaceFolder}/x", around), "/work/shop/x");
  assert.equal(expand("${userHome}/x", around), "/home/ann/x");
  assert.equal(expand("~ann/x", around), "~ann/x");
});

test("the first that is there is taken", async () => {
  const found = await discover(LINUX, only("/opt/bin/magray-lsp", "/home/ann/.local/bin/magray-lsp"));
  assert.deepEqual(found, { file: "/opt/bin/magray-lsp", origin: "path" });
  assert.equal(await discover(LINUX, only()), undefined);
});
