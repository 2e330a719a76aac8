/** Grouping: records as a tree by layer, tag or project. */

import { l10n } from "vscode";
import type { Record } from "../protocol/generated";
import { LAYERS, layerName } from "../search/filters";
import { oneLine } from "../search/hit_text";

export type By = "layer" | "tag" | "project";
export const GROUPINGS: readonly By[] = ["layer", "tag", "project"];

export interface Group {
  readonly by: By;
  readonly name: string;
  /** What is shown for the name. */
  readonly label: string;
  readonly records: readonly Record[];
}

/** The groups in the order in which they are shown; a record with two tags stands in two groups. */
export function grouped(records: readonly Record[], by: By): Group[] {
  const found = new Map<string, Record[]>();
  for (const record of records) {
    for (const name of namesOf(record, by)) {
      found.set(name, [...(found.get(name) ?? []), record]);
    }
  }
  return [...found]
    .map(([name, members]) => ({ by, name, label: labelOf(name, by), records: pinnedFirst(members) }))
    .sort((one, other) => compare(one, other, by));
}

/** What a record is called: its title, else how its text begins. */
export function nameOf(record: Pick<Record, "title" | "text" | "id">): string {
  return oneLine(record.title ?? record.text.replace(/^#+\s*/, "")) || record.id;
}

function namesOf(record: Record, by: By): string[] {
  switch (by) {
    case "layer":
      return [record.layer];
    case "tag":
      return record.tags.length > 0 ? record.tags : [""];
    case "project":
      return [record.project ?? ""];
  }
}

function labelOf(name: string, by: By): string {
  if (by === "layer") {
    return layerName(name);
  }
  if (name === "") {
    return by === "tag" ? l10n.t("without tags") : l10n.t("without a project");
  }
  return by === "tag" ? `#${name}` : name;
}

/** Layers as they rise, names by the alphabet, and what has none last. */
function compare(one: Group, other: Group, by: By): number {
  if (by === "layer") {
    const order: readonly string[] = LAYERS;
    return order.indexOf(other.name) - order.indexOf(one.name);
  }
  if ((one.name === "") !== (other.name === "")) {
    return one.name === "" ? 1 : -1;
  }
  return one.name.localeCompare(other.name);
}

function pinnedFirst(records: readonly Record[]): Record[] {
  return [...records.filter((record) => record.pinned), ...records.filter((record) => !record.pinned)];
}
