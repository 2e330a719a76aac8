/** Condition: the state of the server as the window shows it. */

import type { ServerStatus } from "../protocol/generated";

/** `missing`: no program was found; `stopped`: not started yet, or stopped by the person. */
export type State = ServerStatus["state"] | "stopped" | "missing";

export interface Condition {
  readonly state: State;
  readonly message: string | null;
  readonly progress: ServerStatus["progress"];
}

export const STOPPED: Condition = { state: "stopped", message: null, progress: null };
