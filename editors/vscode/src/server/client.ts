/** Client: the connection to one server process, by vscode-languageclient. A bundle of its own, loaded on first use. */

import {
  type CancellationToken,
  CancellationTokenSource,
  type Disposable,
  type Event,
  EventEmitter,
  type LogOutputChannel,
  l10n,
  type Uri,
  workspace,
} from "vscode";
import {
  CloseAction,
  DidChangeConfigurationNotification,
  ErrorAction,
  LanguageClient,
  type LanguageClientOptions,
  ProgressType,
  RevealOutputChannelOn,
  State,
  type StaticFeature,
} from "vscode-languageclient/node";
import { isOfRecords } from "../citations/marks";
import type { ServerStatus } from "../protocol/generated";
import { asMessage, type Params, type RequestName, type Result } from "../protocol/messages";
import { RestartPolicy } from "./restart_policy";
import { setByPerson } from "./settings";

export interface Start {
  readonly program: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly log: LogOutputChannel;
  /** The names of the extension's settings, without the prefix. */
  readonly settings: readonly string[];
}

export interface Ask<K extends RequestName> {
  readonly token?: CancellationToken;
  /** Gets what is known before the whole answer. */
  readonly onPartial?: (value: Result<K>) => void;
}

/** The commands of ours that the server puts into its code actions and lenses. */
export const OWN_COMMANDS = ["magray.rememberSelection", "magray.showRecords", "magray.showRelated"];

/** Given for no token: an undefined one would be sent as a second param. */
const NEVER: CancellationToken = new CancellationTokenSource().token;

let partials = 0;

export class Connection implements Disposable {
  private readonly statusEmitter = new EventEmitter<ServerStatus>();
  private readonly recordsEmitter = new EventEmitter<void>();
  private readonly endEmitter = new EventEmitter<boolean>();
  private readonly policy = new RestartPolicy();
  private readonly client: LanguageClient;
  private stopping = false;
  /** The process ended before it had answered. */
  private endedEarly = false;

  readonly onStatus: Event<ServerStatus> = this.statusEmitter.event;
  readonly onRecordsChanged: Event<void> = this.recordsEmitter.event;
  /** The process ended unasked; true: it is started again. */
  readonly onEnd: Event<boolean> = this.endEmitter.event;

  constructor(private readonly start: Start) {
    const run = {
      command: start.program,
      args: ["--stdio"],
      options: { env: { ...process.env, ...start.environment } },
    };
    this.client = new QuietClient("magray", "magray", { run, debug: run }, this.options());
    this.client.registerFeature(capabilities());
  }

  /** Start the process. Rejects when it cannot be started or does not answer. */
  async open(): Promise<void> {
    this.client.onNotification("magray/status", (status: ServerStatus) => this.statusEmitter.fire(status));
    this.client.onNotification("magray/recordsChanged", () => this.recordsEmitter.fire());
    try {
      await this.client.start();
    } catch (error) {
      throw this.endedEarly ? endedBeforeAnswer() : error;
    }
    if (this.endedEarly) {
      throw endedBeforeAnswer(); // the client takes its own end for a start
    }
  }

  get isRunning(): boolean {
    return this.client.state === State.Running;
  }

  async request<K extends RequestName>(
    name: K,
    params: Params<K>,
    { token = NEVER, onPartial }: Ask<K> = {},
  ): Promise<Result<K>> {
    const message = asMessage(name, params);
    if (onPartial === undefined) {
      return this.client.sendRequest<Result<K>>(message.method, message.params, token);
    }
    partials += 1;
    const partialResultToken = `magray-partial-${partials}`;
    const progress = new ProgressType<Result<K>>();
    const heard = this.client.onProgress(progress, partialResultToken, onPartial);
    try {
      const params = { ...message.params, partialResultToken };
      return await this.client.sendRequest<Result<K>>(message.method, params, token);
    } finally {
      heard.dispose();
    }
  }

  /** Run one of the server's commands, or a request of the protocol itself. */
  async send<T>(method: string, params: unknown, token = NEVER): Promise<T> {
    return this.client.sendRequest<T>(method, params, token);
  }

  asUri(uri: string): Uri {
    return this.client.protocol2CodeConverter.asUri(uri);
  }

  /** A URI as the server knows the document by. */
  asWireUri(uri: Uri): string {
    return this.client.code2ProtocolConverter.asUri(uri);
  }

  async stop(): Promise<void> {
    this.stopping = true;
    // It throws while it starts and after a start that failed; then there is nothing to stop.
    if (this.client.needsStop()) {
      await this.client.stop(3_000).catch(() => undefined);
    }
    this.dispose();
  }

  dispose(): void {
    this.statusEmitter.dispose();
    this.recordsEmitter.dispose();
    this.endEmitter.dispose();
    void this.client.dispose().catch(() => undefined);
  }

  private options(): LanguageClientOptions {
    return {
      documentSelector: [{ scheme: "file" }, { scheme: "magray" }],
      initializationOptions: { status: true, recordsChanged: true },
      outputChannel: this.start.log,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      initializationFailedHandler: () => false,
      errorHandler: {
        error: (_error, _message, count) => ({
          action: (count ?? 0) <= 3 ? ErrorAction.Continue : ErrorAction.Shutdown,
        }),
        closed: () => this.closed(),
      },
      middleware: {
        provideCodeLenses: async (document, token, next) => {
          const lenses = (await next(document, token)) ?? [];
          return showsRecordLenses() ? lenses : lenses.filter((lens) => !isOfRecords(lens));
        },
        workspace: {
          configuration: () => [setByPerson(this.start.settings, workspace.getConfiguration("magray"))],
          didChangeConfiguration: async () => {
            await this.client.sendNotification(DidChangeConfigurationNotification.type, { settings: null });
          },
        },
      },
    };
  }

  private closed(): { action: CloseAction; handled: true } {
    // What ends before it has answered is told by the one who started it.
    this.endedEarly = !this.stopping && this.client.state === State.Starting;
    const again = !this.stopping && !this.endedEarly && this.policy.ended();
    if (!this.stopping) {
      this.endEmitter.fire(again);
    }
    return { action: again ? CloseAction.Restart : CloseAction.DoNotRestart, handled: true };
  }
}

/** The client without messages of its own: what goes wrong is told by Server, once. */
class QuietClient extends LanguageClient {
  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }
}

function endedBeforeAnswer(): Error {
  return new Error(l10n.t("it ended before it had answered"));
}

/** The server always makes the lenses of records: the marks in the gutter come from them. */
function showsRecordLenses(): boolean {
  return workspace.getConfiguration("magray").get<boolean>("recordLens", true);
}

/** What we do ourselves, so that the server leaves it to us. */
function capabilities(): StaticFeature {
  return {
    fillClientCapabilities: (all) => {
      all.experimental = {
        ...(all.experimental as object | undefined),
        magrayStatus: true,
        magrayRecords: true,
        magrayRecordsChanged: true,
        commands: { commands: OWN_COMMANDS },
      };
    },
    initialize: () => undefined,
    getState: () => ({ kind: "static" }),
    clear: () => undefined,
  };
}
