/** Indexed roots: which folders have an index, by the small files that the server writes beside each. */

import { readdir, readFile } from "node:fs/promises";
import * as path from "node:path";

/** The server's home where nobody names another: the system's place for a program's data. */
export function defaultHome(
  environment: Readonly<Record<string, string | undefined>>,
  home: string,
  platform: NodeJS.Platform,
): string {
  const named = environment["MAGRAY_HOME"];
  if (named) {
    return named;
  }
  if (platform === "win32") {
    return path.win32.join(
      environment["LOCALAPPDATA"] ?? path.win32.join(home, "AppData", "Local"),
      "magray",
    );
  }
  if (platform === "darwin") {
    return path.posix.join(home, "Library", "Application Support", "magray");
  }
  return path.posix.join(environment["XDG_DATA_HOME"] || path.posix.join(home, ".local", "share"), "magray");
}

/** The roots that have an index in a home; none when it is not there. */
export async function indexedRoots(home: string): Promise<string[]> {
  const folder = path.join(home, "workspaces");
  const names = await readdir(folder).catch(() => []);
  const roots = names
    .filter((name) => name.endsWith(".root"))
    .map((name) => readFile(path.join(folder, name), "utf8").catch(() => ""));
  return (await Promise.all(roots)).filter((root) => root !== "");
}

/** Whether one of the folders, or a folder around it, has an index. */
export function isIndexed(folders: readonly string[], roots: readonly string[]): boolean {
  const known = new Set(roots.map(canonical));
  return folders.some((folder) => ancestors(canonical(folder)).some((place) => known.has(place)));
}

function ancestors(folder: string): string[] {
  const parent = path.dirname(folder);
  return parent === folder ? [folder] : [folder, ...ancestors(parent)];
}

function canonical(folder: string): string {
  return process.platform === "win32" ? path.resolve(folder).toLowerCase() : path.resolve(folder);
}
