/** Field names: what the parts of an answer are called on a page, and which of them are bytes or times. */

import { l10n } from "vscode";
import { layerName } from "../search/filters";
import { bytes, time } from "./amounts";

/** Maps whose keys are not fields: names that people gave, layers, rules. */
const KEYED = ["by_layer", "by_kind", "by_tag", "by_project", "left_out", "redacted", "examples"];
const TIMES = ["created", "last", "since"];

/** The name of a part of `parent`; a field that is newer than this extension keeps its own. */
export function fieldName(name: string, parent: string): string {
  if (parent === "by_layer") {
    return layerName(name);
  }
  if (KEYED.includes(parent)) {
    return parent.startsWith("by_") ? name : name.replaceAll("_", " ");
  }
  return names()[name] ?? name.replaceAll("_", " ");
}

/** A value as its field means it; undefined where nothing special is known. */
export function fieldValue(name: string, value: unknown, parent: string): string | undefined {
  if (typeof value === "number" && (name === "bytes" || parent === "sizes")) {
    return bytes(value);
  }
  return typeof value === "string" && TIMES.includes(name) && !KEYED.includes(parent)
    ? time(value)
    : undefined;
}

function names(): Record<string, string> {
  return {
    added: l10n.t("added"),
    archive: l10n.t("backup file"),
    backups: l10n.t("backups"),
    by_kind: l10n.t("by kind"),
    by_layer: l10n.t("by layer"),
    by_project: l10n.t("by project"),
    by_tag: l10n.t("by tag"),
    bytes: l10n.t("size"),
    changed: l10n.t("changed"),
    characters: l10n.t("characters"),
    conflicts: l10n.t("conflicts"),
    copy: l10n.t("copy"),
    count: l10n.t("times"),
    created: l10n.t("made"),
    days: l10n.t("days"),
    dry_run: l10n.t("dry run"),
    duplicates: l10n.t("there already"),
    enabled: l10n.t("counted"),
    examples: l10n.t("examples"),
    found: l10n.t("found most often"),
    from: l10n.t("format"),
    id: l10n.t("number"),
    last: l10n.t("last time"),
    left_out: l10n.t("left out"),
    logs: l10n.t("logs"),
    median_ms: l10n.t("milliseconds of an answer, median"),
    merge: l10n.t("merged"),
    models: l10n.t("models"),
    more_skipped: l10n.t("skipped besides"),
    name: l10n.t("name"),
    notebook: l10n.t("notebook"),
    opened: l10n.t("opened most often"),
    other: l10n.t("other files"),
    path: l10n.t("path"),
    pinned: l10n.t("pinned"),
    purged: l10n.t("purged"),
    queries: l10n.t("asked most often"),
    query: l10n.t("question"),
    reason: l10n.t("reason"),
    record: l10n.t("record"),
    records: l10n.t("records"),
    redacted: l10n.t("secrets taken out"),
    removed: l10n.t("removed"),
    renumbered: l10n.t("got another number"),
    safety: l10n.t("backup of the state before"),
    searches: l10n.t("questions"),
    seconds: l10n.t("seconds"),
    settings: l10n.t("settings"),
    since: l10n.t("from"),
    sizes: l10n.t("sizes"),
    skipped: l10n.t("skipped"),
    total: l10n.t("in all"),
    trashed: l10n.t("in the trash"),
    unanswered: l10n.t("without an answer"),
    unchanged: l10n.t("unchanged"),
    unused: l10n.t("never used"),
    updated: l10n.t("updated"),
    usage: l10n.t("figures of use"),
    vector_cache: l10n.t("vector cache"),
    week: l10n.t("week of"),
    weeks: l10n.t("weeks"),
    without_answer: l10n.t("questions without an answer"),
    workspaces: l10n.t("workspaces"),
  };
}
