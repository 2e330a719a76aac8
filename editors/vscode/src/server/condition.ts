/** Condition: the state of the server as the window shows it. */

import type { Status } from "../protocol/messages";

/** `missing`: no program was found; `stopped`: not started yet, or stopped by the person. */
export type State = Status["state"] | "stopped" | "missing";

export interface Condition {
  readonly state: State;
  readonly message: string | null;
  readonly progress: Status["progress"];
}

export const STOPPED: Condition = { state: "stopped", message: null, progress: null };
