/** Discovery: where the server's program may be, in the order in which it is looked for. */

import * as path from "node:path";

export type Origin = "setting" | "python" | "path" | "tool" | "own";

export interface Candidate {
  readonly file: string;
  readonly origin: Origin;
}

/** What discovery looks at. `setting` is empty where the person named no program. */
export interface Surroundings {
  readonly setting: string;
  /** The interpreter that the Python extension has chosen. */
  readonly interpreter: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly platform: NodeJS.Platform;
  /** The folder of the virtual environment that the extension makes when asked to. */
  readonly own: string;
  readonly workspace: string | undefined;
}

export const PROGRAM = "magray-lsp";

/** The programs to try. A setting stands alone: what the person named is used, or told to be missing. */
export function candidates(around: Surroundings): Candidate[] {
  const setting = around.setting.trim();
  if (setting) {
    return named(setting, around).map((file) => ({ file, origin: "setting" }));
  }
  const paths = pathsOf(around);
  const found: Candidate[] = [];
  if (around.interpreter) {
    found.push({ file: paths.join(paths.dirname(around.interpreter), program(around)), origin: "python" });
  }
  for (const folder of searchPath(around)) {
    found.push({ file: paths.join(folder, program(around)), origin: "path" });
  }
  for (const folder of toolFolders(around)) {
    found.push({ file: paths.join(folder, program(around)), origin: "tool" });
  }
  found.push({ file: paths.join(scripts(around.own, around), program(around)), origin: "own" });
  return found;
}

/** The first candidate that is an executable file. */
export async function discover(
  around: Surroundings,
  isExecutable: (file: string) => Promise<boolean>,
): Promise<Candidate | undefined> {
  for (const candidate of candidates(around)) {
    if (await isExecutable(candidate.file)) {
      return candidate;
    }
  }
  return undefined;
}

/** The folder of programs in a virtual environment. */
export function scripts(environment: string, around: Pick<Surroundings, "platform">): string {
  return pathsOf(around).join(environment, around.platform === "win32" ? "Scripts" : "bin");
}

/** A text of the settings with `~`, `${workspaceFolder}`, `${userHome}` and `${env:NAME}` filled in. */
export function expand(text: string, around: Surroundings): string {
  return text
    .replace(/^~(?=$|[\\/])/, () => around.home)
    .replaceAll(/\$\{(workspaceFolder|userHome|env:([^}]+))\}/g, (_, name: string, variable?: string) => {
      if (variable !== undefined) {
        return around.environment[variable] ?? "";
      }
      return name === "userHome" ? around.home : (around.workspace ?? "");
    });
}

function named(setting: string, around: Surroundings): string[] {
  const file = expand(setting, around);
  const paths = pathsOf(around);
  if (paths.isAbsolute(file)) {
    return [file];
  }
  if (/[\\/]/.test(file)) {
    return around.workspace ? [paths.resolve(around.workspace, file)] : [];
  }
  const name = around.platform === "win32" && !paths.extname(file) ? `${file}.exe` : file;
  return searchPath(around).map((folder) => paths.join(folder, name));
}

function searchPath(around: Surroundings): string[] {
  const value = around.environment["PATH"] ?? around.environment["Path"] ?? "";
  const folders = value.split(around.platform === "win32" ? ";" : ":");
  // An empty or relative part means the current folder, which may be anybody's.
  return [...new Set(folders)].filter((folder) => pathsOf(around).isAbsolute(folder));
}

/** Where `uv tool install` and `pipx install` put programs, also where these folders are not on PATH. */
function toolFolders(around: Surroundings): string[] {
  const { environment, home } = around;
  const paths = pathsOf(around);
  const data = environment["XDG_DATA_HOME"] ?? paths.join(home, ".local", "share");
  const roots =
    around.platform === "win32"
      ? [
          environment["UV_TOOL_DIR"] ?? paths.join(environment["APPDATA"] ?? home, "uv", "tools"),
          paths.join(environment["PIPX_HOME"] ?? paths.join(home, "pipx"), "venvs"),
        ]
      : [
          environment["UV_TOOL_DIR"] ?? paths.join(data, "uv", "tools"),
          paths.join(environment["PIPX_HOME"] ?? paths.join(data, "pipx"), "venvs"),
          paths.join(home, ".local", "pipx", "venvs"),
        ];
  const programs = [
    environment["UV_TOOL_BIN_DIR"],
    environment["PIPX_BIN_DIR"],
    environment["XDG_BIN_HOME"],
    paths.join(home, ".local", "bin"),
  ];
  return [
    ...programs.filter((folder) => folder !== undefined && folder !== ""),
    ...roots.map((root) => scripts(paths.join(root, "magray"), around)),
  ] as string[];
}

function program(around: Surroundings): string {
  return around.platform === "win32" ? `${PROGRAM}.exe` : PROGRAM;
}

function pathsOf(around: Pick<Surroundings, "platform">): path.PlatformPath {
  return around.platform === "win32" ? path.win32 : path.posix;
}
