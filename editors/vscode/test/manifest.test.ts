import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { test } from "node:test";

const read = (file: string) => JSON.parse(readFileSync(file, "utf8"));
const manifest = read("package.json");
const SOURCES = readdirSync("src", { recursive: true })
  .map((name) => path.join("src", String(name)))
  .filter((name) => name.endsWith(".ts"))
  .map((name) => readFileSync(name, "utf8"));

const placeholders = (text: string) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();

test("every text of the program has its Russian one, with the same places to fill in", () => {
  const russian: Record<string, string> = read("l10n/bundle.l10n.ru.json");
  const used = new Set<string>();
  for (const source of SOURCES) {
    for (const [, text] of source.matchAll(/l10n\.t\(\s*("(?:[^"\\]|\\.)*")/g)) {
      used.add(JSON.parse(text ?? '""'));
    }
  }
  const missing = [...used].filter((text) => !(text in russian));
  const unused = Object.keys(russian).filter((text) => !used.has(text));
  assert.deepEqual({ missing, unused }, { missing: [], unused: [] });
  for (const [text, translated] of Object.entries(russian)) {
    assert.deepEqual(placeholders(translated), placeholders(text), text);
  }
});

test("every text of the manifest stands in both languages, and none is left over", () => {
  const used = [...readFileSync("package.json", "utf8").matchAll(/"%([^"%]+)%"/g)].map(([, key]) => key);
  for (const file of ["package.nls.json", "package.nls.ru.json"]) {
    assert.deepEqual(Object.keys(read(file)).sort(), [...new Set(used)].sort(), file);
  }
});

test("every command of the manifest is registered, and every one that is registered and public is in it", () => {
  const declared = manifest.contributes.commands.map((each: { command: string }) => each.command);
  const registered = SOURCES.flatMap((source) =>
    [...source.matchAll(/(?:\bon|register)\(\s*(?:context,\s*)?["`]([\w.]+)["`]/g)].map(
      ([, name]) => `magray.${name}`,
    ),
  );
  const grouping = ["magray.records.byLayer", "magray.records.byTag", "magray.records.byProject"];
  const internal = ["magray.openHit", "magray.rememberSelection", "magray.showRecords", "magray.showRelated"];
  assert.deepEqual([...declared, ...internal].sort(), [...registered, ...grouping].sort());
});

test("what menus, keys and views name is there", () => {
  const { commands, menus, keybindings, views, viewsWelcome } = manifest.contributes;
  const known = new Set(commands.map((each: { command: string }) => each.command));
  const items = (Object.values(menus) as { command: string }[][]).flat();
  for (const { command } of [...items, ...keybindings]) {
    assert.ok(known.has(command), command);
  }
  const ids = new Set(views.magray.map((each: { id: string }) => each.id));
  assert.deepEqual(new Set(viewsWelcome.map((each: { view: string }) => each.view)), ids);
});

test("every setting has a text and a scope, and one that names a program or folder is no workspace's", () => {
  const settings = Object.assign(
    {},
    ...manifest.contributes.configuration.map((part: object) => (part as { properties: object }).properties),
  );
  for (const [name, setting] of Object.entries(settings) as [
    string,
    { markdownDescription?: string; scope?: string },
  ][]) {
    assert.ok(setting.markdownDescription && setting.scope, name);
  }
  assert.match(settings["magray.serverPath"].scope, /^machine/);
  assert.equal(settings["magray.home"].scope, "machine");
  assert.deepEqual(manifest.capabilities.untrustedWorkspaces.restrictedConfigurations, [
    "magray.serverPath",
    "magray.home",
  ]);
});

test("every page of the walkthrough has its Russian one, with the same code in it", () => {
  const steps: { media: { markdown: string } }[] = manifest.contributes.walkthroughs[0].steps;
  assert.equal(steps.length, 4);
  const code = (text: string) => text.match(/`[^`\n]+`|^[a-z].*\[cpu\].*$/gm);
  for (const { media } of steps) {
    const russian = readFileSync(media.markdown.replace(/\.md$/, ".nls.ru.md"), "utf8");
    assert.match(russian, /[а-яё]{4}/);
    assert.deepEqual(code(russian), code(readFileSync(media.markdown, "utf8")), media.markdown);
  }
});

test("the package needs no module at run time, and its files are there", () => {
  assert.equal(manifest.dependencies, undefined);
  const icons = readFileSync("package.json", "utf8").matchAll(/"(media\/[^"]+)"/g);
  for (const [, file] of icons) {
    assert.ok(readFileSync(file ?? ""), file);
  }
});
