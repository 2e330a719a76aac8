import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { marksOf, markText } from "../src/citations/marks";
import { coverageText, noFileText, whyText } from "../src/coverage/rule_text";
import { bytes } from "../src/pages/amounts";
import { healthReport } from "../src/pages/health_report";
import { html } from "../src/pages/html";
import { resultReport } from "../src/pages/result_report";
import type { PathStanding, Status } from "../src/protocol/generated";
import { asMessage } from "../src/protocol/messages";

const NAMES = readFileSync("src/pages/field_names.ts", "utf8");
const STATUS: Status = {
  version: "1.0",
  home: "/home/ann/.local/share/magray",
  severity: "warning",
  components: [
    { name: "storage", severity: "ok", summary: "1 vault", detail: {}, hint: "" },
    { name: "model", severity: "warning", summary: "no <model> runs", detail: {}, hint: "magray doctor" },
    { name: "a_new_one", severity: "odd", summary: "?", detail: {}, hint: "" },
  ],
  vaults: [],
  device: { requested: "auto", actual: null, observed_at: null, reason: "no driver" },
};
const STANDING: PathStanding = {
  path: "debug.log",
  state: "left_out",
  reason: "an ignore rule",
  rule: "ignore_rule",
  source: ".gitignore:2",
  pattern: "*.log",
  kind: null,
  language: null,
  files: null,
  passages: 0,
  embedded: 0,
  left_out: {},
  redacted: {},
};

test("what a page is given is text, never markup", () => {
  assert.equal(
    html`<p>${'<img src="x" onerror=alert(1)>&'}</p>`.text,
    "<p>&lt;img src=&quot;x&quot; onerror=alert(1)&gt;&amp;</p>",
  );
  assert.equal(
    html`<ul>${[html`<li>${1}</li>`, html`<li>b</li>`]}</ul>`.text,
    "<ul><li>1</li><li>b</li></ul>",
  );
});

test("the report of health begins with what is wrong, in words", () => {
  const { text } = healthReport(STATUS);
  assert.ok(text.includes("It works with limits"));
  assert.ok(text.indexOf("no &lt;model&gt; runs") < text.indexOf("1 vault"));
  assert.ok(text.includes("magray doctor") && text.includes("no driver"));
  assert.ok(text.includes("a new one"));
});

test("any result is a page: facts, lists and tables, without what is empty", () => {
  const { text } = resultReport("Restored", {
    dry_run: true,
    settings: false,
    safety: null,
    skipped: [{ path: "a<b", reason: "too large" }],
    conflicts: [],
    examples: { added: ["n1 Retries"] },
    tags: ["x", "y"],
  });
  assert.ok(text.includes("dry run") && text.includes("yes") && text.includes("no"));
  assert.ok(text.includes("a&lt;b") && text.includes("too large") && text.includes("n1 Retries"));
  assert.ok(!text.includes("safety") && !text.includes("conflicts") && !text.includes("[object"));
  const many = resultReport("Many", { rows: Array.from({ length: 500 }, (_, id) => ({ id })) }).text;
  assert.ok(many.includes("300 more"));
});

test("a size is read by people", () => {
  assert.deepEqual([0, 999, 1_500, 12_345_678].map(bytes), ["0 B", "999 B", "1.5 kB", "12 MB"]);
});

test("a file that is missed has a sentence with the rule", () => {
  assert.equal(whyText(STANDING), "debug.log is left out: an ignore rule (.gitignore:2 `*.log`).");
  assert.equal(whyText({ ...STANDING, source: "", pattern: "" }), "debug.log is left out: an ignore rule.");
  const there = {
    ...STANDING,
    path: "a.py",
    state: "indexed",
    passages: 3,
    embedded: 1,
    redacted: { "aws key": 2 },
  };
  assert.equal(
    whyText(there),
    "a.py is indexed (passages: 3, by meaning so far: 1). 2 secrets were taken out of it.",
  );
  assert.equal(whyText({ ...STANDING, state: "of a newer server" }), "debug.log: an ignore rule");
  assert.equal(coverageText(8, 2), "8 of 10 files");
});

test("every state of a file has a sentence of its own", () => {
  const types = readFileSync("src/protocol/generated.ts", "utf8");
  const states =
    /How a path stands to the index\. `state`: ([^;]+);/.exec(types)?.[1]?.split(/, | or /) ?? [];
  assert.ok(states.length >= 9, states.join());
  for (const state of states) {
    const text = whyText({ ...STANDING, state, source: "", pattern: "" });
    assert.notEqual(text, "debug.log: an ignore rule", state);
    assert.ok(text.startsWith("debug.log"), state);
  }
});

test("a document that is no file is told as what it is, and one elsewhere by its name", () => {
  assert.equal(
    noFileText({ scheme: "untitled", path: "Untitled-1" }),
    "Untitled-1 has no file yet: save it first.",
  );
  assert.match(noFileText({ scheme: "magray", path: "/records/n7.md" }), /^n7 is a record/);
  assert.match(noFileText({ scheme: "git", path: "/work/shop/a.py" }), /^a\.py is no file/);
  const outside = whyText({ ...STANDING, state: "outside", path: "/home/me/notes/plan.md" });
  assert.equal(outside, "plan.md lies outside of the folders that are open.");
});

test("marks are made of the lenses of records alone", () => {
  const at = (line: number) => ({ start: { line } });
  const lenses = [
    {
      range: at(3),
      command: { command: "magray.showRecords", arguments: [{ ids: ["n1", "n2"], changed: ["n2"] }] },
    },
    { range: at(5), command: { command: "magray.showRelated", arguments: [{}] } },
    { range: at(9), command: { command: "magray.showRecords", arguments: [{ ids: ["n3"] }] } },
    { range: at(11) },
  ];
  const marks = marksOf(lenses);
  assert.deepEqual(marks, [
    { line: 3, ids: ["n1", "n2"], changed: ["n2"] },
    { line: 9, ids: ["n3"], changed: [] },
  ]);
  assert.deepEqual(marks.map(markText), [
    "Remembered: 2 records — these lines changed since (n2)",
    "Remembered: n3",
  ]);
});

test("a request of several commands names the command in its params", () => {
  assert.deepEqual(asMessage("trash.restore", { ids: ["n1"] }), {
    method: "magray/trash",
    params: { ids: ["n1"], command: "restore" },
  });
  assert.deepEqual(asMessage("search", { query: "x" }), { method: "magray/search", params: { query: "x" } });
});

test("every part of a report has a name in words, and what people named keeps its name", () => {
  const types = readFileSync("src/protocol/generated.ts", "utf8");
  const reported = ["Imported", "Conflict", "Skipped", "Stats", "RecordCounts", "Week", "Searches"];
  for (const name of [...reported, "AskedQuery", "Item", "Opened", "Unused", "Sizes", "Restored"]) {
    const body = new RegExp(`interface ${name} \\{([^}]*(?:\\{[^}]*\\}[^}]*)*)\\n\\}`).exec(types)?.[1] ?? "";
    const fields = [...body.matchAll(/^ {2}(\w+)\??:/gm)].map(([, field]) => field ?? "");
    assert.ok(fields.length > 0, name);
    for (const field of fields) {
      assert.ok(NAMES.includes(`${field}: l10n.t(`), `${name}.${field}`);
    }
  }
  const { text } = resultReport("Use", {
    records: { bytes: 2_000_000, by_tag: { my_tag: 2 }, by_layer: { assets: 1 } },
    sizes: { total: 1_500 },
    left_out: { too_large: 1 },
  });
  for (const shown of ["2 MB", "my_tag", "by tag", "1.5 kB", "too large"]) {
    assert.ok(text.includes(shown), shown);
  }
});
