/** Text of a record: its line in a list and its card, in Markdown that cannot be mistaken for ours. */

import { l10n } from "vscode";
import type { Record } from "../protocol/generated";
import { layerName } from "../search/filters";

/** What stands behind a record's name: day, tags, and whether its source still holds. */
export function recordDescription(record: Record): string {
  return [
    record.updated.slice(0, 10),
    ...record.tags.map((tag) => `#${tag}`),
    citationWord(record.citation) ?? "",
  ]
    .filter((part) => part !== "")
    .join(" ");
}

/** A citation that no longer says what it said; undefined for one that holds. */
export function citationWord(citation: string | null): string | undefined {
  switch (citation) {
    case "changed":
      return l10n.t("source changed");
    case "gone":
      return l10n.t("source gone");
    case "moved":
      return l10n.t("source moved");
    default:
      return undefined;
  }
}

/** A card in Markdown. The record's own text is a quotation, so that its headings stay below ours. */
export function recordCard(record: Record): string {
  const facts = [record.id, layerName(record.layer), record.kind, record.updated.slice(0, 10)];
  if (record.project !== null) {
    facts.push(record.project);
  }
  const place = record.moved_to ?? record.source;
  const lines = [`**${escaped(record.title ?? record.id)}**`, facts.map(escaped).join(" · ")];
  if (place !== null) {
    const state = citationWord(record.citation) ?? l10n.t("source verified");
    lines.push(escaped(`${place.path}:${place.start_line}–${place.end_line} (${state})`));
  }
  lines.push(
    shortened(record.text)
      .split("\n")
      .map((line) => `> ${line}`)
      .join("\n"),
  );
  return lines.join("\n\n");
}

export function escaped(text: string): string {
  return text.replaceAll(/[\\`*_{}[\]()#+!|<>~]/g, "\\$&");
}

const CARD_CHARACTERS = 600;

function shortened(text: string): string {
  const characters = [...text];
  return characters.length > CARD_CHARACTERS ? `${characters.slice(0, CARD_CHARACTERS).join("")}…` : text;
}
