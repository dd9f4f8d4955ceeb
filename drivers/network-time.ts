/** The time of day as a network told a link's modem, or why there is none. */
export type NetworkTime =
  /** UTC ms at the moment of the answer, and how far that may be off. */
  { readonly at: number; readonly accuracyMs: number } | { readonly code: string; readonly error: string };
