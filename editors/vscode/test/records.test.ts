import assert from "node:assert/strict";
import { test } from "node:test";
import type { Record } from "../src/protocol/generated";
import { grouped, nameOf } from "../src/records/grouping";
import { escaped, recordCard, recordDescription } from "../src/records/record_text";
import { idOf, pathOf } from "../src/records/uris";
import { opened, replaced, stamp } from "../src/records/versions";

const RECORD: Record = {
  id: "n1",
  text: "# Retries\n\nPayments are retried three times.",
  title: "Retries",
  kind: "decision",
  layer: "interact",
  tags: [],
  project: "shop",
  session: null,
  key: null,
  created: "2026-03-01T10:00:00+00:00",
  updated: "2026-03-02T10:00:00+00:00",
  version: "1:abc",
  last_access: null,
  access_count: 0,
  importance: 0.5,
  pinned: false,
  source: null,
  citation: null,
  moved_to: null,
  superseded_by: null,
  trashed: null,
  redacted: {},
};

test("a record's path names it, and nothing else is one", () => {
  assert.equal(idOf(pathOf("n17")), "n17");
  assert.equal(idOf("/records/N17.md"), "n17");
  for (const path of [
    "/records/w17.md",
    "/records/n17.md.bak",
    "/records/n17/x.md",
    "/n17.md",
    "/records/",
  ]) {
    assert.equal(idOf(path), undefined, path);
  }
});

test("layers stand as they rise, what has no tag stands last, pinned records first", () => {
  const records = [
    RECORD,
    { ...RECORD, id: "n2", layer: "assets", tags: ["ops", "billing"] },
    { ...RECORD, id: "n3", pinned: true },
  ];
  assert.deepEqual(
    grouped(records, "layer").map((group) => [group.name, group.records.map((record) => record.id)]),
    [
      ["assets", ["n2"]],
      ["interact", ["n3", "n1"]],
    ],
  );
  assert.deepEqual(
    grouped(records, "tag").map((group) => group.label),
    ["#billing", "#ops", "without tags"],
  );
  assert.deepEqual(grouped([], "project"), []);
});

test("a record without a title is called as its text begins", () => {
  assert.equal(nameOf({ ...RECORD, title: null }), "Retries Payments are retried three times.");
  assert.equal(nameOf({ ...RECORD, title: null, text: "" }), "n1");
});

test("a card quotes the record's text, and its title cannot make Markdown", () => {
  const card = recordCard({ ...RECORD, title: "[a](command:evil) <b>" });
  assert.ok(card.includes("\\[a\\]\\(command:evil\\) \\<b\\>"));
  assert.ok(card.includes("> # Retries"));
  assert.equal(escaped("a*b"), "a\\*b");
});

test("a source that no longer holds is told beside the name", () => {
  const source = { path: "src/pay.py", start_line: 3, end_line: 9, commit: null };
  const changed = { ...RECORD, source, citation: "changed", tags: ["ops"] };
  assert.equal(recordDescription(changed), "2026-03-02 #ops source changed");
  assert.ok(recordCard(changed).includes("source changed"));
  assert.ok(recordCard({ ...changed, citation: "verified" }).includes("source verified"));
});

test("two edits within a second are two times", () => {
  assert.equal(stamp(RECORD), stamp({ ...RECORD }));
  assert.notEqual(stamp(RECORD), stamp({ ...RECORD, version: "2:abc" }));
  assert.ok(stamp(RECORD) < stamp({ ...RECORD, updated: "2026-03-02T10:00:01+00:00" }));
});

test("a save replaces what was read, and a later text only where the editor asks before it overwrites", () => {
  const read = opened(RECORD);
  assert.equal(replaced(read, undefined), RECORD.version);
  assert.equal(replaced(read, read), RECORD.version);
  const later = { ...RECORD, version: "9:later", updated: "2030-01-01T00:00:00+00:00" };
  assert.equal(replaced(read, opened({ ...later, text: `${RECORD.text} more` })), "9:later");
  assert.equal(replaced(read, opened(later)), RECORD.version); // as long: the editor sees no conflict
  const earlier = { ...later, updated: "2020-01-01T00:00:00+00:00", text: `${RECORD.text} more` };
  assert.equal(replaced(read, opened(earlier)), RECORD.version);
});
