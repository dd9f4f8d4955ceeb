/** How a site treats alarms beside its rules (`alarms:` in site.yaml). */
export interface AlarmSettings {
  /** The longest that a shelf may last. */
  readonly shelveAtMostMs: number;
  /** The longest that a work order may last. */
  readonly workOrderAtMostMs: number;
  /** So many returns within so long make an alarm a chattering one, which is calmed until it was steady for so long. */
  readonly chatter: { readonly returns: number; readonly withinMs: number; readonly steadyMs: number };
  /**
   * More than `over` alarms within so long are a flood, which ends when there are fewer than `below`. `respond`: the plan by
   * which its incident is to be acknowledged.
   */
  readonly flood: {
    readonly over: number;
    readonly below: number;
    readonly withinMs: number;
    readonly respond: string;
  };
  /** Active for so long it is stale. */
  readonly staleAfterMs: number;
}

/** IEC 62682 and ISA-18.2 for chatter, flood and stale; how long a shelf, an order and calming last are project defaults. */
export const ALARM_SETTINGS: AlarmSettings = {
  shelveAtMostMs: 8 * 3_600_000,
  workOrderAtMostMs: 24 * 3_600_000,
  chatter: { returns: 3, withinMs: 60_000, steadyMs: 10 * 60_000 },
  flood: { over: 10, below: 5, withinMs: 10 * 60_000, respond: 'standard' },
  staleAfterMs: 24 * 3_600_000,
};
