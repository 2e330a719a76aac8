/** Install: a virtual environment of the extension's own, made with pip after the person has agreed. */

import { execFile } from "node:child_process";
import { rm } from "node:fs/promises";
import { promisify } from "node:util";
import { env, type LogOutputChannel, l10n, ProgressLocation, Uri, window, workspace } from "vscode";
import { scripts } from "./discovery";
import { isOffline } from "./offline";
import { oldestPython, pythons } from "./python_versions";
import type { Server } from "./server";

const run = promisify(execFile);
const REQUIREMENT = "magray[cpu]";
const PAGE = "https://github.com/magray/magray#install";

/** Say that there is no server, once; the buttons lead to what can be done. */
export async function offerInstall(server: Server, problem: string): Promise<void> {
  const install = l10n.t("Install…");
  const how = l10n.t("How to install");
  const settings = l10n.t("Open settings");
  const chosen = await window.showWarningMessage(problem, install, how, settings);
  if (chosen === install) {
    await installServer(server);
  } else if (chosen === how) {
    await env.openExternal(Uri.parse(PAGE));
  } else if (chosen === settings) {
    const { commands } = await import("vscode");
    await commands.executeCommand("workbench.action.openSettings", "magray.serverPath");
  }
}

/** Ask, then make the environment and start the server from it. */
export async function installServer(server: Server): Promise<void> {
  const python = await findPython();
  if (python === undefined) {
    void window.showErrorMessage(
      l10n.t("magray needs Python {0} or later, which was not found on this machine.", oldestPython()),
    );
    return;
  }
  const install = l10n.t("Install");
  const detail = l10n.t(
    "A virtual environment is made in {0} with {1}, and `pip install {2}` downloads some 200 MB from the package index that pip is set up for. Nothing else on this machine is changed.",
    server.ownEnvironment,
    python,
    REQUIREMENT,
  );
  const question = l10n.t("Install the magray server for this editor?");
  if ((await window.showInformationMessage(question, { modal: true, detail }, install)) !== install) {
    return;
  }
  if (await make(server.ownEnvironment, python, server.log)) {
    await server.restart().catch(() => undefined);
  }
}

/** Make the environment and install into it; one that works is updated, and stays when that fails. */
async function make(folder: string, python: string, log: LogOutputChannel): Promise<boolean> {
  const options = {
    location: ProgressLocation.Notification,
    cancellable: true,
    title: l10n.t("Installing magray"),
  };
  return window.withProgress(options, async (progress, token) => {
    const stop = new AbortController();
    token.onCancellationRequested(() => stop.abort());
    const own = `${scripts(folder, process)}/python`;
    const pip = ["-m", "pip", "install", "--disable-pip-version-check", "--upgrade", REQUIREMENT];
    const works = await hasPip(own);
    try {
      if (!works) {
        progress.report({ message: l10n.t("making a virtual environment") });
        await logged(log, python, ["-m", "venv", "--clear", folder], stop.signal);
      }
      progress.report({ message: l10n.t("downloading packages") });
      await logged(log, own, pip, stop.signal);
      return true;
    } catch (error) {
      if (!works) {
        await rm(folder, { recursive: true, force: true });
      }
      if (!stop.signal.aborted) {
        log.error(String(error));
        void showFailure(log, isOffline(String(error)));
      }
      return false;
    }
  });
}

async function hasPip(python: string): Promise<boolean> {
  return run(python, ["-m", "pip", "--version"]).then(
    () => true,
    () => false,
  );
}

async function showFailure(log: LogOutputChannel, offline: boolean): Promise<void> {
  const show = l10n.t("Show log");
  const message = offline
    ? l10n.t("magray could not be installed: the package index cannot be reached; is this machine offline?")
    : l10n.t("magray could not be installed; the log says why.");
  if ((await window.showErrorMessage(message, show)) === show) {
    log.show();
  }
}

async function logged(
  log: LogOutputChannel,
  file: string,
  args: string[],
  signal: AbortSignal,
): Promise<void> {
  log.info([file, ...args].join(" "));
  const { stdout, stderr } = await run(file, args, { signal, maxBuffer: 10_000_000 });
  for (const line of `${stdout}\n${stderr}`.split("\n")) {
    if (line.trim()) {
      log.info(line);
    }
  }
}

/** The first Python that is new enough and can make environments. */
async function findPython(): Promise<string | undefined> {
  const chosen = workspace.isTrusted
    ? workspace.getConfiguration("python").get<string>("defaultInterpreterPath", "")
    : "";
  for (const [file, ...args] of pythons(process.platform, chosen)) {
    try {
      const code = `import sys, venv, ensurepip; sys.exit(sys.version_info < (${oldestPython().replace(".", ", ")}))`;
      await run(file, [...args, "-c", code]);
      const { stdout } = await run(file, [...args, "-c", "import sys; print(sys.executable)"]);
      return stdout.trim();
    } catch {
      // not there, or too old: the next one
    }
  }
  return undefined;
}
