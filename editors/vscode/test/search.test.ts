import assert from "node:assert/strict";
import { test } from "node:test";
import type { Hit } from "../src/protocol/generated";
import { Debounce, type Timers } from "../src/search/debounce";
import { explained } from "../src/search/explanation";
import { splitWords } from "../src/search/filter_picker";
import { asParams, inWords, KINDS, NONE, next, SCOPES } from "../src/search/filters";
import { hitText, marks } from "../src/search/hit_text";
import { canImprove, isApproximate, isByWordsOnly, notices, viewMessage } from "../src/search/notices";

const CODE: Hit = {
  rank: 1,
  score: 0.8,
  confidence: 0.9,
  vault: "workspace",
  root: "/work/shop",
  id: "w17",
  passage: 4,
  path: "src/pay/retry.py",
  uri: "file:///work/shop/src/pay/retry.py",
  start_line: 10,
  end_line: 20,
  symbol: "RetryPolicy.next_delay",
  kind: "code",
  language: "python",
  layer: "assets",
  tags: [],
  title: null,
  key: null,
  snippet: "    def next_delay(self):\n        return 1",
  snippet_line: 12,
  freshness: "fresh",
  location: null,
};
const RECORD: Hit = {
  ...CODE,
  vault: "notebook",
  root: null,
  path: null,
  uri: null,
  symbol: null,
  kind: "decision",
  layer: "insights",
  tags: ["billing", "ops"],
  snippet: "Payments are retried three times.",
  project: "shop",
};

class Clock implements Timers {
  private time = 0;
  private waiting: { at: number; act: () => void }[] = [];

  now(): number {
    return this.time;
  }
  set(act: () => void, ms: number): unknown {
    const timer = { at: this.time + ms, act };
    this.waiting.push(timer);
    return timer;
  }
  clear(timer: unknown): void {
    this.waiting = this.waiting.filter((other) => other !== timer);
  }
  pass(ms: number): void {
    this.time += ms;
    const due = this.waiting.filter((timer) => timer.at <= this.time);
    this.waiting = this.waiting.filter((timer) => timer.at > this.time);
    for (const { act } of due) {
      act();
    }
  }
}

test("the first key after a pause asks at once, a burst asks once more at its end", () => {
  const clock = new Clock();
  const asked: string[] = [];
  const debounce = new Debounce(150, true, clock);
  for (const text of ["r", "re", "ret", "retr", "retry"]) {
    debounce.run(() => asked.push(text));
    clock.pass(50);
  }
  assert.deepEqual(asked, ["r"]);
  clock.pass(150);
  assert.deepEqual(asked, ["r", "retry"]);
});

test("what waits can be cancelled, and without a leading edge nothing acts at once", () => {
  const clock = new Clock();
  const asked: number[] = [];
  const debounce = new Debounce(150, false, clock);
  debounce.run(() => asked.push(1));
  assert.deepEqual(asked, []);
  debounce.cancel();
  clock.pass(1_000);
  assert.deepEqual(asked, []);
});

test("filters that are not set are not sent", () => {
  assert.deepEqual(asParams(NONE), {});
  const filters = {
    ...NONE,
    scope: "notebook" as const,
    kind: "code" as const,
    tags: ["ops"],
    since: "3d",
    path: "src/",
  };
  assert.deepEqual(asParams(filters), {
    in: "notebook",
    kind: ["code"],
    tag: ["ops"],
    since: "3d",
    path: ["src/"],
  });
  assert.equal(inWords(NONE), "");
  assert.equal(inWords(filters), "records · code · #ops · since 3d · src/");
});

test("a button goes through all values and begins again", () => {
  assert.deepEqual(
    SCOPES.map((scope) => next(SCOPES, scope)),
    ["workspace", "notebook", "notes", "all"],
  );
  assert.equal(next(KINDS, "doc"), "any");
});

test("words are separated by white space or commas, once each, without #", () => {
  assert.deepEqual(splitWords("  #ops, billing\tops  счёт/март "), ["ops", "billing", "счёт/март"]);
  assert.deepEqual(splitWords(" , "), []);
});

test("code shows its symbol and place, a record its layer, project and tags", () => {
  const code = hitText(CODE);
  assert.deepEqual(
    [code.icon, code.label, code.description],
    ["symbol-method", "RetryPolicy.next_delay", "src/pay/retry.py:12"],
  );
  assert.equal(code.detail, "def next_delay(self): return 1");
  const record = hitText(RECORD);
  assert.deepEqual(
    [record.icon, record.label, record.description],
    ["lightbulb", "Payments are retried three times.", "insights · shop · #billing #ops"],
  );
});

test("a name like those of classes is shown as one", () => {
  const icons = ["RetryPolicy", "shop::Cart", "_Inner", "MAX_DELAY", "retry", "Cart.add"].map(
    (symbol) => hitText({ ...CODE, symbol }).icon,
  );
  const [type, method] = ["symbol-class", "symbol-method"];
  assert.deepEqual(icons, [type, type, type, method, method, method]);
});

test("a note is told from code, and a file without a symbol is called by its name", () => {
  const note = hitText({ ...CODE, kind: "doc", path: "docs/retry.md", symbol: null, title: "Retrying" });
  assert.deepEqual([note.icon, note.label], ["book", "Retrying"]);
  assert.equal(hitText({ ...CODE, symbol: null }).label, "retry.py");
});

test("the fence of a remembered selection is not shown", () => {
  const snippet = "```python\nreturn delay\n```\n";
  assert.equal(hitText({ ...RECORD, snippet }).detail, "return delay");
});

test("a hit says what may no longer hold", () => {
  assert.deepEqual(marks(CODE), []);
  assert.deepEqual(marks({ ...RECORD, citation: "changed", freshness: "stale", superseded_by: "n9" }), [
    "the file changed since",
    "its source changed",
    "replaced by n9",
  ]);
});

test("a long text is cut at a character, never inside one", () => {
  const text = hitText({ ...RECORD, snippet: "🙂".repeat(300) });
  assert.ok(text.label.endsWith("…"));
  assert.ok(!/[\uD800-\uDBFF](?![\uDC00-\uDFFF])/.test(text.label + text.detail));
});

test("each step of a score is named, with its sign and a bar in proportion", () => {
  const [words, test_, other] = explained([
    { step: "lexical", change: 0.5 },
    { step: "test", change: -0.25 },
    { step: "a newer step", change: 0.001 },
  ]);
  assert.deepEqual([words?.name, words?.change, words?.bar.length], ["the words fit", "+0.500", 20]);
  assert.deepEqual([test_?.name, test_?.change, test_?.bar.length], ["it is a test", "−0.250", 10]);
  assert.deepEqual([other?.name, other?.bar.length], ["a newer step", 1]);
  assert.deepEqual(explained([]), []);
});

const ANSWER = { hits: [CODE], degraded: null, pending: 0 };

test("what an answer lacks is said beside its hits, and once", () => {
  assert.deepEqual(notices(ANSWER), []);
  const unmatched = [{ filter: "tag", value: "opps", nearest: "ops", message: "no tag opps (ops?)" }];
  const degraded = "no model: run the command magray.server.doctor";
  assert.equal(
    viewMessage({ ...ANSWER, hits: [], unmatched, degraded, pending: 9 }),
    "Nothing was found. No tag opps (ops?) No model: run the command magray.server.doctor.",
  );
  assert.equal(viewMessage({ ...ANSWER, hits: [] }, "Nothing is like this."), "Nothing is like this.");
  assert.equal(viewMessage({ ...ANSWER, pending: 9 }), "9 passages cannot be found by meaning yet.");
  assert.equal(viewMessage({ ...ANSWER, pending: 9, approximate: 9 }), "");
});

test("a hit without a vector is marked, unless the whole list lacks them, which is said once", () => {
  const pending = { ...CODE, freshness: "pending" };
  assert.deepEqual(marks(CODE), []);
  assert.deepEqual(marks(pending), ["not embedded yet"]);
  assert.match(hitText(pending).description, / · not embedded yet$/);
  assert.equal(isApproximate({ hits: [pending, CODE], degraded: null }), false);
  assert.equal(isApproximate({ hits: [pending], degraded: null }), true);
  const answer = { ...ANSWER, hits: [pending], pending: 1, approximate: 1 };
  assert.equal(viewMessage(answer), "The model has not read these places yet.");
  assert.deepEqual(marks(pending, { pending: true }), []);
  assert.equal(isByWordsOnly({ mode: "lexical", degraded: "no model" }), true);
  assert.equal(isByWordsOnly({ mode: "lexical", degraded: null }), false); // it was asked for
});

test("where several folders are searched, a row names its own", () => {
  assert.equal(hitText(CODE, { folders: true }).description, "shop • src/pay/retry.py:12");
  assert.equal(hitText(CODE).description, "src/pay/retry.py:12");
  assert.doesNotMatch(hitText(RECORD, { folders: true }).description, /•/);
});

test("an answer is asked for again when a better one may be there", () => {
  assert.equal(canImprove(ANSWER, "ready"), false);
  assert.equal(canImprove({ ...ANSWER, pending: 9 }, "indexing"), false);
  assert.equal(canImprove({ ...ANSWER, pending: 9 }, "ready"), true);
  assert.equal(canImprove({ ...ANSWER, degraded: "no model" }, "indexing"), true);
  assert.equal(canImprove({ ...ANSWER, hits: [] }, "indexing"), true);
});
