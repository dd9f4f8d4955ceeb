/** What an output may be told: a state's name, or a number in its point's unit. */
export type OutputValue = string | number;

/** What it is to people. A siren and a beacon call them; the others act on the world, also while nobody is called. */
export const OUTPUT_KINDS = ['siren', 'beacon', 'board', 'pump', 'barrier', 'relay'] as const;
export type OutputKind = (typeof OUTPUT_KINDS)[number];

/** Something in the world that the gateway may switch (联动输出): a point of the site's whitelist. */
export interface Output {
  readonly id: string;
  readonly name: string;
  readonly kind: OutputKind;
  /** `device/point`. */
  readonly point: string;
  readonly device: string;
  readonly link: string;
  /** What it is when nobody wants anything of it, and when the gateway stops. */
  readonly safe: OutputValue;
  /** All that may be written to it, `safe` among them. */
  readonly values: readonly OutputValue[];
  /** Once it is not safe it stays so this long, and the other way round, ms. */
  readonly minOnMs: number;
  readonly minOffMs: number;
  /** At most so long at a time, ms: then it is safe until another alarm wants it, or until it has rested. */
  readonly maxOnMs: number | null;
  readonly restMs: number | null;
  /** Who may put it to its safe value while alarms want otherwise. */
  readonly silence: 'duty' | 'admin' | 'nobody';
  /** Drills and walk tests drive it too. */
  readonly exercise: boolean;
  /** The points whose alarms drive it; null: all. */
  readonly alarmsOf: readonly string[] | null;
  /** Another point that shows what the world did: a contact, a current. */
  readonly feedback: OutputFeedback | null;
  /** The device's own watchdog: it makes itself safe when it hears nothing so long. Written at the start and when it was away. */
  readonly watchdog: { readonly point: string; readonly value: number } | null;
}

export interface OutputFeedback {
  readonly point: string;
  /** It must show it within this, ms. */
  readonly withinMs: number;
  /** The output's value → what the other point shows then; the same where it is left out. */
  readonly shows: Readonly<Record<string, OutputValue>>;
}

/** What a rule wants of outputs while its alarm stands. */
export interface OutputUse {
  readonly outputs: readonly string[];
  /** The value from a level on, until a higher one says otherwise. */
  readonly levels: Readonly<{ [L in 'blue' | 'yellow' | 'orange' | 'red']?: OutputValue | undefined }>;
  /** `acknowledged`: only until somebody has seen it, or it has returned. */
  readonly until: 'returned' | 'acknowledged';
  /** At most so long from each rise of the alarm on, ms. */
  readonly forMs: number | null;
}

/** An output as people see it. */
export interface OutputView {
  readonly id: string;
  readonly name: string;
  readonly kind: OutputKind;
  readonly point: string;
  readonly values: readonly OutputValue[];
  readonly safe: OutputValue;
  readonly silence: Output['silence'];
  /** What it is to be now. */
  readonly wanted: OutputValue;
  /** What the world has shown last; null: not known yet. */
  readonly is: OutputValue | null;
  /** `starting`: nothing is known of it yet. */
  readonly state: 'starting' | 'safe' | 'on' | 'failed';
  /** Why it does not follow. */
  readonly code: string | null;
  /** The alarm that wants it so, `rule@device/point`; null: none. */
  readonly alarm: string | null;
  /** Who has set it by hand, and until when, UTC ms. */
  readonly by: string | null;
  readonly until: number | null;
  readonly failures: number;
}
