/** The time of day as a network told a link's modem, or why there is none. */
export type NetworkTime =
  /** UTC ms at the moment of the answer, and how far that may be off. */
  { readonly at: number; readonly accuracyMs: number } | { readonly code: string; readonly error: string };

/** What the clock of a link's device said last. */
export interface DeviceClock {
  readonly device: string;
  /** UTC ms, as it said. */
  readonly at: number;
  /** So long ago, ms of a line that never steps. */
  readonly agoMs: number;
  /** How far it may be off beside what its clock is wrong by, ms. */
  readonly accuracyMs: number;
}
