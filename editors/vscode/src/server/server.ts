/** Server: finds the program, holds the one connection of the window, and says in which state it is. */

import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import {
  CancellationError,
  type Disposable,
  EventEmitter,
  type ExtensionContext,
  type LogOutputChannel,
  l10n,
  window,
  workspace,
} from "vscode";
import type { Params, RequestName, Result } from "../protocol/messages";
import type { Ask, Connection } from "./client";
import { type Condition, STOPPED } from "./condition";
import { type Candidate, discover, type Surroundings } from "./discovery";
import { PythonExtension } from "./python_extension";

/** Nothing can be asked: the person was told why, or is being asked. */
export class Unavailable extends CancellationError {}

export class Server implements Disposable {
  private readonly conditionEmitter = new EventEmitter<Condition>();
  private readonly recordsEmitter = new EventEmitter<void>();
  private readonly python = new PythonExtension();
  private readonly disposables: Disposable[] = [this.python];
  private connection: Promise<Connection> | undefined;
  private running: Candidate | undefined;
  private startedHome = "";
  /** Set during the first start, whose failure is told by `failed`. */
  private opening = false;
  condition: Condition = STOPPED;

  readonly onCondition = this.conditionEmitter.event;
  readonly onRecordsChanged = this.recordsEmitter.event;

  constructor(
    private readonly context: ExtensionContext,
    readonly log: LogOutputChannel,
    private readonly offerInstall: (problem: string) => void,
  ) {
    this.disposables.push(
      workspace.onDidChangeConfiguration((event) => {
        if (["serverPath", "home"].some((name) => event.affectsConfiguration(`magray.${name}`))) {
          void this.surroundingsChanged();
        }
      }),
      workspace.onDidGrantWorkspaceTrust(() => void this.surroundingsChanged()),
    );
    this.python.onChange(() => void this.surroundingsChanged());
  }

  /** The folder of the environment that we install into when the person wants it. */
  get ownEnvironment(): string {
    return path.join(this.context.globalStorageUri.fsPath, "server");
  }

  get isStarted(): boolean {
    return this.connection !== undefined;
  }

  /** The connection; started when there is none. Throws Unavailable when there cannot be one. */
  async connect(): Promise<Connection> {
    this.connection ??= this.start();
    try {
      return await this.connection;
    } catch (error) {
      this.connection = undefined;
      throw error;
    }
  }

  async request<K extends RequestName>(name: K, params: Params<K>, ask: Ask<K> = {}): Promise<Result<K>> {
    const connection = await this.connect();
    return connection.request(name, params, ask);
  }

  async send<T>(method: string, params: unknown): Promise<T> {
    return (await this.connect()).send<T>(method, params);
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.connect();
  }

  async stop(): Promise<void> {
    const connection = this.connection;
    this.connection = undefined;
    this.running = undefined;
    if (connection !== undefined) {
      await connection.then(
        (open) => open.stop(),
        () => undefined,
      );
    }
    this.become(STOPPED);
  }

  dispose(): void {
    for (const disposable of this.disposables) {
      disposable.dispose();
    }
    this.conditionEmitter.dispose();
    this.recordsEmitter.dispose();
  }

  /** The program that would be started now. */
  async find(): Promise<Candidate | undefined> {
    return discover(await this.surroundings(), isExecutable);
  }

  private async start(): Promise<Connection> {
    const found = await this.find();
    if (found === undefined) {
      const problem = await this.missing();
      this.log.warn(problem);
      this.become({ state: "missing", message: problem, progress: null });
      this.offerInstall(problem);
      throw new Unavailable();
    }
    this.become({ state: "starting", message: null, progress: null });
    this.running = found;
    this.log.info(`starting ${found.file} (${found.origin})`);
    const { Connection } = await import("./client.js");
    this.startedHome = chosenHome();
    const connection = new Connection({
      program: found.file,
      environment: this.startedHome === "" ? {} : { MAGRAY_HOME: this.startedHome },
      log: this.log,
      settings: this.settingNames(),
    });
    connection.onStatus((status) => this.become(status));
    connection.onRecordsChanged(() => this.recordsEmitter.fire());
    connection.onEnd((again) => this.ended(again));
    this.opening = true;
    try {
      await connection.open();
    } catch (error) {
      await connection.stop();
      throw this.failed(found, error);
    } finally {
      this.opening = false;
    }
    return connection;
  }

  private become(condition: Condition): void {
    this.condition = condition;
    this.conditionEmitter.fire(condition);
  }

  private ended(again: boolean): void {
    if (again) {
      this.become({
        state: "starting",
        message: l10n.t("The server ended and is started again."),
        progress: null,
      });
      return;
    }
    if (this.opening) {
      return;
    }
    this.connection = undefined;
    const message = l10n.t("The magray server ended too often and is not started again.");
    this.become({ state: "error", message, progress: null });
    void this.offerRestart(message);
  }

  private failed(found: Candidate, error: unknown): Unavailable {
    const reason = error instanceof Error ? error.message : String(error);
    this.log.error(`${found.file} could not be started: ${reason}`);
    const message = l10n.t("The magray server {0} could not be started: {1}", found.file, reason);
    this.become({ state: "error", message, progress: null });
    void this.offerRestart(message);
    return new Unavailable();
  }

  private async offerRestart(message: string): Promise<void> {
    const again = l10n.t("Start again");
    const log = l10n.t("Show log");
    const chosen = await window.showErrorMessage(message, again, log);
    if (chosen === again) {
      await this.restart().catch(() => undefined);
    } else if (chosen === log) {
      this.log.show();
    }
  }

  private async missing(): Promise<string> {
    const setting = (await this.surroundings()).setting;
    return setting
      ? l10n.t("The program {0}, which the setting magray.serverPath names, was not found.", setting)
      : l10n.t("The magray server was not found on this machine.");
  }

  /** Other settings or another interpreter: start the program that they lead to, if it is another one. */
  private async surroundingsChanged(): Promise<void> {
    if (!this.isStarted && this.condition.state === "stopped") {
      return;
    }
    const found = await this.find();
    if (found?.file !== this.running?.file || chosenHome() !== this.startedHome) {
      await this.restart().catch(() => undefined);
    }
  }

  private settingNames(): string[] {
    const contributes = this.context.extension.packageJSON.contributes as {
      configuration: { properties: object }[];
    };
    return contributes.configuration
      .flatMap((part) => Object.keys(part.properties))
      .map((name) => name.replace(/^magray\./, ""));
  }

  private async surroundings(): Promise<Surroundings> {
    const folder = workspace.workspaceFolders?.find((each) => each.uri.scheme === "file");
    return {
      setting: workspace.getConfiguration("magray").get<string>("serverPath", ""),
      // A folder that is not trusted may bring an interpreter of its own.
      interpreter: workspace.isTrusted ? await this.python.interpreter(folder?.uri) : undefined,
      environment: process.env,
      home: os.homedir(),
      platform: process.platform,
      own: this.ownEnvironment,
      workspace: folder?.uri.fsPath,
    };
  }
}

/** The home that the person set; empty where the server finds it by itself. */
function chosenHome(): string {
  return workspace.getConfiguration("magray").get<string>("home", "").trim();
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}
