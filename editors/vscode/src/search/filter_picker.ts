/** Filter picker: the filters that have no button of their own, one list with what is chosen. */

import { l10n, type QuickPickItem, window } from "vscode";
import { type Filters, LAYERS, layerName, NONE } from "./filters";

interface Choice extends QuickPickItem {
  readonly choose: () => Promise<Filters>;
}

/** The filters as the person wants them; the same when nothing is chosen. */
export async function chooseFilters(filters: Filters): Promise<Filters> {
  const chosen = await window.showQuickPick<Choice>(choices(filters), {
    title: l10n.t("Filters of the search"),
    placeHolder: l10n.t("Choose a filter to change"),
  });
  return chosen === undefined ? filters : chosen.choose();
}

function choices(filters: Filters): Choice[] {
  return [
    {
      label: `$(layers) ${l10n.t("Layer")}`,
      description: filters.layers.map(layerName).join(", "),
      choose: async () => ({ ...filters, layers: await layers(filters) }),
    },
    {
      label: `$(code) ${l10n.t("Language")}`,
      description: filters.languages.join(", "),
      choose: async () => ({
        ...filters,
        languages: await words(l10n.t("Languages, such as python, go"), filters.languages),
      }),
    },
    {
      label: `$(tag) ${l10n.t("Tag")}`,
      description: filters.tags.join(", "),
      choose: async () => ({ ...filters, tags: await words(l10n.t("Tags; all must match"), filters.tags) }),
    },
    {
      label: `$(folder) ${l10n.t("Path")}`,
      description: filters.path,
      choose: async () => ({
        ...filters,
        path: await text(l10n.t("A path as in .gitignore: src/, *.md"), filters.path),
      }),
    },
    {
      label: `$(calendar) ${l10n.t("Changed since")}`,
      description: filters.since,
      choose: async () => ({
        ...filters,
        since: await text(l10n.t("A day or an age: 2026-01-31, 6h, 3d, 2w"), filters.since),
      }),
    },
    { label: `$(clear-all) ${l10n.t("No filters")}`, choose: async () => NONE },
  ];
}

async function layers(filters: Filters): Promise<readonly string[]> {
  const items = LAYERS.map((layer) => ({
    label: layerName(layer),
    layer,
    picked: filters.layers.includes(layer),
  }));
  const chosen = await window.showQuickPick(items, { canPickMany: true, title: l10n.t("Layer") });
  return chosen === undefined ? filters.layers : chosen.map((item) => item.layer);
}

async function words(prompt: string, value: readonly string[]): Promise<readonly string[]> {
  return splitWords(await text(prompt, value.join(" ")));
}

async function text(prompt: string, value: string): Promise<string> {
  return (await window.showInputBox({ prompt, value }))?.trim() ?? value;
}

/** Words that are separated by white space or commas; a `#` before one is left out. */
export function splitWords(given: string): string[] {
  return [...new Set(given.split(/[\s,]+/).map((word) => word.replace(/^#/, "")))].filter(
    (word) => word !== "",
  );
}
