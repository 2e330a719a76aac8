/** The text of a hit: how a line of a list shows it. */

import { l10n } from "vscode";
import type { Hit } from "../protocol/generated";
import { layerName } from "./filters";

export interface HitText {
  /** A theme icon's name. */
  readonly icon: string;
  readonly label: string;
  readonly description: string;
  readonly detail: string;
  /** For a screen reader, instead of the icon. */
  readonly kind: string;
}

const SNIPPET_CHARACTERS = 160;
const RECORD_ICONS: Readonly<Record<string, string>> = {
  interact: "comment",
  insights: "lightbulb",
  assets: "archive",
};

/** How rows are shown: what the list says, no row has to, and what several folders make ambiguous, each has to. */
export interface Shown {
  /** None of them has a vector. */
  readonly pending?: boolean;
  /** Hits may be of several folders. */
  readonly folders?: boolean;
}

export function hitText(hit: Hit, shown: Shown = {}): HitText {
  const record = isRecord(hit);
  const place = record ? recordPlace(hit) : filePlace(hit, shown);
  // A remembered selection is a block of code, whose fence says nothing.
  const snippet = oneLine(hit.snippet.replaceAll(/^\s*```\w*$/gm, ""));
  const name = hit.symbol ?? hit.title ?? (record ? snippet : lastPart(hit.path ?? ""));
  return {
    icon: record ? recordIcon(hit.layer) : fileIcon(hit),
    label: shortened(oneLine(name), 80) || hit.id,
    description: [place, ...marks(hit, shown)].filter((part) => part !== "").join(" · "),
    detail: snippet,
    kind: record ? l10n.t("record") : hit.kind === "code" ? l10n.t("code") : l10n.t("note"),
  };
}

export function isRecord(hit: Hit): boolean {
  return hit.path === null && hit.vault === "notebook";
}

export function recordIcon(layer: string): string {
  return RECORD_ICONS[layer] ?? "comment";
}

/** Why a hit may not be what it was or should be: a changed file or source, a vector that is still to come. */
export function marks(
  hit: Pick<Hit, "freshness" | "citation" | "superseded_by">,
  { pending = false }: Shown = {},
): string[] {
  const found: string[] = [];
  if (hit.freshness === "stale") {
    found.push(l10n.t("the file changed since"));
  } else if (hit.freshness === "pending" && !pending) {
    found.push(l10n.t("not embedded yet"));
  }
  if (hit.citation === "changed") {
    found.push(l10n.t("its source changed"));
  } else if (hit.citation === "gone") {
    found.push(l10n.t("its source is gone"));
  }
  if (hit.superseded_by) {
    found.push(l10n.t("replaced by {0}", hit.superseded_by));
  }
  return found;
}

export function oneLine(text: string): string {
  return shortened(text.replaceAll(/\s+/g, " ").trim(), SNIPPET_CHARACTERS);
}

function filePlace(hit: Hit, { folders = false }: Shown): string {
  // A server that is older than this extension does not say where the snippet begins.
  const place = `${hit.path ?? ""}:${hit.snippet_line ?? hit.start_line}`;
  return folders && hit.root !== null ? `${lastPart(hit.root.replaceAll("\\", "/"))} • ${place}` : place;
}

function recordPlace(hit: Hit): string {
  const tags = hit.tags.map((tag) => `#${tag}`);
  return [layerName(hit.layer), hit.project ?? "", tags.join(" ")].filter((part) => part !== "").join(" · ");
}

function fileIcon(hit: Hit): string {
  if (hit.kind !== "code") {
    return hit.path !== null && /\.(md|markdown|rst|txt|org)$/i.test(hit.path) ? "book" : "file-text";
  }
  if (hit.symbol === null) {
    return "file-code";
  }
  return /^_*\p{Lu}\p{L}*\p{Ll}/u.test(lastName(hit.symbol)) ? "symbol-class" : "symbol-method";
}

/** The symbol's own name, without what it stands in: languages join them by `.`, `::` or `#`. */
function lastName(symbol: string): string {
  return symbol.split(/[.:#]+/).at(-1) ?? symbol;
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function shortened(text: string, most: number): string {
  const characters = [...text];
  return characters.length > most ? `${characters.slice(0, most - 1).join("")}…` : text;
}
