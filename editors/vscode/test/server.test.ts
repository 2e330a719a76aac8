import assert from "node:assert/strict";
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { test } from "node:test";
import { formatsOf } from "../src/care/import_formats";
import { failure } from "../src/server/failure";
import { learnTitles, withTitles } from "../src/server/hints";
import { defaultHome, indexedRoots, isIndexed } from "../src/server/indexed_roots";
import { isOffline } from "../src/server/offline";
import { pythons } from "../src/server/python_versions";
import { MOST, RestartPolicy, WITHIN_MS } from "../src/server/restart_policy";
import { setByPerson, setOr } from "../src/server/settings";
import { statusText } from "../src/server/status_text";

test("a server that keeps ending is not started for ever, one that ends now and then is", () => {
  let now = 0;
  const policy = new RestartPolicy(() => now);
  const quick = Array.from({ length: MOST + 1 }, () => policy.ended());
  assert.deepEqual(quick, [...Array.from({ length: MOST }, () => true), false]);
  policy.reset();
  for (let end = 0; end < 20; end += 1) {
    now += WITHIN_MS;
    assert.ok(policy.ended());
  }
});

test("only what the person set is sent, whatever the editor's defaults are", () => {
  const set: Record<string, object> = {
    "search.k": { globalValue: 20 },
    "index.hidden": { workspaceValue: false },
    "embedding.device": { defaultValue: "auto" },
    serverPath: { globalValue: "/opt/magray-lsp" },
    "trace.server": { globalValue: "verbose" },
  };
  const values: Record<string, unknown> = {
    "search.k": 20,
    "index.hidden": false,
    "embedding.device": "auto",
  };
  const configuration = { get: (name: string) => values[name], inspect: (name: string) => set[name] };
  const names = ["search.k", "search.perFile", ...Object.keys(set)];
  assert.deepEqual(setByPerson(names, configuration), { search: { k: 20 }, index: { hidden: false } });
  assert.equal(setOr("search.k", configuration, 30), 20);
  assert.equal(setOr("embedding.device", configuration, "cpu"), "cpu");
});

test("a folder inside an indexed root is indexed, a folder beside it is not", async () => {
  const home = await mkdtemp(path.join(tmpdir(), "magray-home-"));
  assert.deepEqual(await indexedRoots(home), []);
  await mkdir(path.join(home, "workspaces"));
  await writeFile(path.join(home, "workspaces", "0123.root"), "/work/shop");
  await writeFile(path.join(home, "workspaces", "0123.db"), "");
  const roots = await indexedRoots(home);
  assert.deepEqual(roots, ["/work/shop"]);
  assert.ok(isIndexed(["/other", "/work/shop/src"], roots));
  assert.ok(!isIndexed(["/work/shopping", "/work"], roots));
});

test("the home is where the server looks for it", () => {
  assert.equal(defaultHome({ MAGRAY_HOME: "/m" }, "/home/ann", "linux"), "/m");
  assert.equal(defaultHome({}, "/home/ann", "linux"), "/home/ann/.local/share/magray");
  assert.equal(defaultHome({ XDG_DATA_HOME: "/d" }, "/home/ann", "linux"), "/d/magray");
  assert.equal(defaultHome({}, "/Users/ann", "darwin"), "/Users/ann/Library/Application Support/magray");
  assert.equal(defaultHome({ LOCALAPPDATA: "C:\\L" }, "C:\\ann", "win32"), "C:\\L\\magray");
});

test("the state is told in words, with the share that is done", () => {
  const indexing = { phase: "embedding", done: 51, total: 200, rate: 5 };
  const busy = statusText({ state: "indexing", message: null, progress: indexing }, null, 0);
  assert.equal(busy.text, "$(sync~spin) magray 25 %");
  assert.equal(busy.severity, undefined);
  const limited = statusText({ state: "degraded", message: "No model runs.", progress: null }, "cpu", 7);
  assert.equal(limited.severity, "warning");
  assert.deepEqual(limited.tooltip.split("\n"), [
    "magray: works with limits",
    "No model runs.",
    "device: cpu",
    "7 passages cannot be found by meaning yet",
  ]);
  const unknown = { phase: "scan", done: 3, total: null, rate: 5 };
  assert.equal(
    statusText({ state: "indexing", message: null, progress: unknown }, null, 0).text,
    "$(sync~spin) magray",
  );
});

test("an error of the server is its sentence and code, a cancelled request is none", () => {
  const refused = Object.assign(new Error("The disk is full."), { code: -32803, data: { code: "storage" } });
  assert.deepEqual(failure(refused), {
    message: "The disk is full.",
    code: "storage",
    hint: "",
  });
  assert.equal(failure(Object.assign(new Error("x"), { code: -32800 })), undefined);
  assert.equal(failure(new Error("Canceled")), undefined);
  assert.deepEqual(failure("odd"), { message: "odd", code: undefined, hint: "" });
});

test("a server that does not know a request is told to be too old", () => {
  const unknown = Object.assign(new Error("Method Not Found: magray/why"), { code: -32601 });
  assert.match(failure(unknown)?.message ?? "", /older than this extension.*update it/);
});

test("an index of packages that cannot be reached is told from one that lacks a package", () => {
  assert.ok(isOffline("WARNING: Retrying … NewConnectionError('…: [Errno 111] Connection refused')"));
  assert.ok(isOffline("Failed to resolve 'pypi.org' ([Errno -3] Temporary failure in name resolution)"));
  assert.ok(!isOffline("ERROR: No matching distribution found for magray[cpu]"));
});

test("the formats of an import are those that the server names", () => {
  assert.deepEqual(formatsOf("--from json, markdown, basic-memory"), ["json", "markdown", "basic-memory"]);
  assert.deepEqual(formatsOf("--from mem0 or --from chatgpt"), ["mem0", "chatgpt"]);
  assert.deepEqual(formatsOf("save it first"), []);
});

test("what the server says to run is called as the palette calls it", () => {
  const commands = [
    { command: "magray.index", title: "Index Open Folders", category: "magray" },
    { command: "magray.status", title: { value: "Show Health" }, category: "magray" },
  ];
  const text =
    "It failed (try: the command magray.server.index in notes, or the command magray.server.health)";
  assert.equal(withTitles(text), text);
  learnTitles({ contributes: { commands } });
  assert.equal(
    withTitles(text),
    "It failed (try: “magray: Index Open Folders” in notes, or “magray: Show Health”)",
  );
  assert.equal(
    withTitles("the command magray.server.optimize may help"),
    "the command magray.server.optimize may help",
  );
  assert.equal(
    failure(new Error("x: the command magray.server.index"))?.message,
    "x: “magray: Index Open Folders”",
  );
});

test("the interpreter that was chosen is tried first, and the launcher on Windows", () => {
  assert.deepEqual(pythons("linux", "/env/bin/python")[0], ["/env/bin/python"]);
  assert.deepEqual(pythons("linux", "python")[0], ["python3"]);
  assert.deepEqual(pythons("win32", "")[0], ["py", "-3.14"]);
});
