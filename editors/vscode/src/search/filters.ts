/** Filters: what the buttons of the search add to the question. Immutable; each change is another value. */

import { l10n } from "vscode";
import type { SearchParams } from "../protocol/generated";
import type { Scope } from "../protocol/messages";

export const SCOPES: readonly Scope[] = ["all", "workspace", "notebook", "notes"];
export const LAYERS = ["interact", "insights", "assets"] as const;
export type Kind = "any" | "code" | "doc";
export const KINDS: readonly Kind[] = ["any", "code", "doc"];

export interface Filters {
  readonly scope: Scope;
  readonly kind: Kind;
  readonly layers: readonly string[];
  readonly languages: readonly string[];
  readonly tags: readonly string[];
  readonly since: string;
  readonly path: string;
}

export const NONE: Filters = {
  scope: "all",
  kind: "any",
  layers: [],
  languages: [],
  tags: [],
  since: "",
  path: "",
};

/** The value after this one, the first after the last. */
export function next<T>(values: readonly T[], value: T): T {
  return values[(values.indexOf(value) + 1) % values.length] as T;
}

/** The parts of a search's params that the filters set; what is not set is left out. */
export function asParams(filters: Filters): Partial<SearchParams> {
  const params: Partial<SearchParams> = {};
  if (filters.scope !== "all") {
    params.in = filters.scope;
  }
  if (filters.kind !== "any") {
    params.kind = [filters.kind];
  }
  if (filters.since) {
    params.since = filters.since;
  }
  if (filters.path) {
    params.path = [filters.path];
  }
  const lists = { layer: filters.layers, lang: filters.languages, tag: filters.tags };
  for (const [name, values] of Object.entries(lists)) {
    if (values.length > 0) {
      params[name as keyof typeof lists] = [...values];
    }
  }
  return params;
}

/** The filters in words, for a title; empty without any. */
export function inWords(filters: Filters): string {
  return [
    filters.scope === "all" ? "" : scopeName(filters.scope),
    filters.kind === "any" ? "" : kindName(filters.kind),
    ...filters.layers.map(layerName),
    ...filters.languages,
    ...filters.tags.map((tag) => `#${tag}`),
    filters.since && l10n.t("since {0}", filters.since),
    filters.path,
  ]
    .filter((part) => part !== "")
    .join(" · ");
}

export function scopeName(scope: Scope): string {
  const names: Record<Scope, string> = {
    all: l10n.t("everything"),
    workspace: l10n.t("open folders"),
    notebook: l10n.t("records"),
    notes: l10n.t("notes"),
  };
  return names[scope];
}

export function kindName(kind: Kind): string {
  const names: Record<Kind, string> = {
    any: l10n.t("code and text"),
    code: l10n.t("code"),
    doc: l10n.t("text"),
  };
  return names[kind];
}

export function layerName(layer: string): string {
  const names: Record<string, string> = {
    interact: l10n.t("interact"),
    insights: l10n.t("insights"),
    assets: l10n.t("assets"),
  };
  return names[layer] ?? layer;
}
