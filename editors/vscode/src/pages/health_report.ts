/** Health report: the answer of `magray/health` as a page that a person reads. */

import { l10n } from "vscode";
import type { Component, Status } from "../protocol/generated";
import { withTitles } from "../server/hints";
import { bytes, time } from "./amounts";
import { facts, type Html, html } from "./html";

const ORDER = ["fatal", "critical", "warning", "info", "ok"];

export function healthReport(status: Status): Html {
  const components = [...status.components].sort((one, other) => rank(one.severity) - rank(other.severity));
  return html`
    <h1>${headline(status.severity)}</h1>
    <p class="quiet">magray ${status.version} · ${status.home}</p>
    <ul class="components">${components.map(component)}</ul>
    <h2>${l10n.t("Device")}</h2>
    ${device(status)}
    <h2>${l10n.t("What is indexed")}</h2>
    ${vaults(status)}`;
}

function component(part: Component): Html {
  const hint = part.hint ? html`<p class="hint">${withTitles(part.hint)}</p>` : html``;
  return html`<li class="${part.severity}">
    <span class="badge">${severityName(part.severity)}</span>
    <div><strong>${componentName(part.name)}</strong><p>${withTitles(part.summary)}</p>${hint}</div>
  </li>`;
}

function device({ device: { requested, actual, observed_at, reason } }: Status): Html {
  const rows: [string, string][] = [
    [l10n.t("requested"), requested],
    [l10n.t("in use"), actual ?? l10n.t("none yet")],
  ];
  if (observed_at !== null) {
    rows.push([l10n.t("observed"), time(observed_at)]);
  }
  if (reason) {
    rows.push([l10n.t("reason"), reason]);
  }
  return facts(rows);
}

function vaults(status: Status): Html {
  const head = [
    l10n.t("folder"),
    l10n.t("files"),
    l10n.t("passages"),
    l10n.t("without meaning yet"),
    l10n.t("size"),
    l10n.t("last indexed"),
  ].map((name) => html`<th scope="col">${name}</th>`);
  const rows = status.vaults.map(
    (vault) => html`<tr><td>${vault.root ?? l10n.t("notebook")}</td><td>${vault.files}</td>
      <td>${vault.passages}</td><td>${vault.pending}</td><td>${bytes(vault.bytes)}</td>
      <td>${time(vault.last_indexed)}</td></tr>`,
  );
  return html`<table class="grid"><thead><tr>${head}</tr></thead><tbody>${rows}</tbody></table>`;
}

function rank(severity: string): number {
  const found = ORDER.indexOf(severity);
  return found < 0 ? ORDER.length : found;
}

function headline(severity: string): string {
  const texts: Record<string, string> = {
    ok: l10n.t("Everything works"),
    info: l10n.t("Everything works; there is a notice"),
    warning: l10n.t("It works with limits"),
    critical: l10n.t("Something fails"),
    fatal: l10n.t("Nothing can work"),
  };
  return texts[severity] ?? severity;
}

function severityName(severity: string): string {
  const texts: Record<string, string> = {
    ok: l10n.t("works"),
    info: l10n.t("notice"),
    warning: l10n.t("limits"),
    critical: l10n.t("fails"),
    fatal: l10n.t("fails"),
  };
  return texts[severity] ?? severity;
}

/** A component in words; one that is newer than this extension keeps its name. */
function componentName(name: string): string {
  const texts: Record<string, string> = {
    storage: l10n.t("Storage"),
    lexical_index: l10n.t("Search by words"),
    vector_index: l10n.t("Search by meaning"),
    model: l10n.t("Model"),
    device: l10n.t("Device"),
    vector_cache: l10n.t("Vector cache"),
    indexer: l10n.t("Indexer"),
    skipped_files: l10n.t("Skipped files"),
    records: l10n.t("Records"),
    backup: l10n.t("Backups"),
    memory: l10n.t("Memory"),
    disk: l10n.t("Disk"),
    clients: l10n.t("Clients"),
  };
  return texts[name] ?? name.replaceAll("_", " ");
}
