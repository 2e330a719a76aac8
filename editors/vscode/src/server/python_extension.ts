/** The interpreter that the Python extension has chosen. Started with our server, where it is installed. */

import { type Disposable, type Event, EventEmitter, extensions, type Uri } from "vscode";

interface PythonApi {
  readonly environments: {
    getActiveEnvironmentPath(resource?: Uri): { readonly path: string };
    resolveEnvironment(environment: {
      readonly path: string;
    }): Promise<{ readonly executable: { readonly uri?: Uri } } | undefined>;
    readonly onDidChangeActiveEnvironmentPath: Event<unknown>;
  };
}

const EXTENSION = "ms-python.python";

export class PythonExtension implements Disposable {
  private readonly changeEmitter = new EventEmitter<void>();
  private following: Disposable | undefined;

  /** Another interpreter was chosen. */
  readonly onChange = this.changeEmitter.event;

  /** The path of the interpreter; undefined where the extension is not installed, or has none. */
  async interpreter(resource: Uri | undefined): Promise<string | undefined> {
    try {
      const environments = (await extensions.getExtension<PythonApi>(EXTENSION)?.activate())?.environments;
      if (environments === undefined) {
        return undefined;
      }
      this.following ??= environments.onDidChangeActiveEnvironmentPath(() => this.changeEmitter.fire());
      const chosen = await environments.resolveEnvironment(environments.getActiveEnvironmentPath(resource));
      return chosen?.executable.uri?.fsPath;
    } catch {
      return undefined; // what is wrong there is for that extension to say
    }
  }

  dispose(): void {
    this.following?.dispose();
    this.changeEmitter.dispose();
  }
}
