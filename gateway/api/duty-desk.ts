/** 日常, then the four levels of emergency response. */
export const MODES = ['routine', 'IV', 'III', 'II', 'I'] as const;
export type Mode = (typeof MODES)[number];

export interface DutyPerson {
  readonly id: string;
  readonly name: string;
}

/** Who is on duty now. */
export interface DutyView {
  readonly mode: Mode;
  readonly modeSince: number | null;
  readonly modeBy: string | null;
  readonly modeNote: string | null;
  /** 值班员, and 带班领导. */
  readonly duty: readonly DutyPerson[];
  readonly leader: readonly DutyPerson[];
  readonly shifts: readonly string[];
  /** UTC ms. */
  readonly since: number | null;
  readonly until: number | null;
  /** As the roster says, by a hand-over, or whoever has the role. */
  readonly by: 'roster' | 'hand-over' | 'role' | 'nobody';
  /** Alarms that are not closed: what is handed over. */
  readonly open: number;
}

/** A line of the duty log (值班日志). */
export interface DutyEntry {
  readonly number: number;
  readonly at: number;
  readonly by: string;
  /** 首报, 续报, 终报; a note; a hand-over; a change of the mode. */
  readonly kind: 'first' | 'further' | 'final' | 'note' | 'hand-over' | 'mode';
  /** The first report that it goes on. */
  readonly of: number | null;
  /** 来电, 来文. */
  readonly came: 'call' | 'letter' | 'other' | null;
  /** Who reported it. */
  readonly from: string | null;
  readonly text: string;
  /** Of a hand-over: who handed over to whom (ids of contacts), and what was open. */
  readonly handOver: {
    readonly from: readonly string[];
    readonly to: readonly string[];
    readonly open: readonly string[];
  } | null;
}

export interface NewDutyEntry {
  readonly kind: 'first' | 'further' | 'final' | 'note';
  readonly of?: number | undefined;
  readonly came?: 'call' | 'letter' | 'other' | undefined;
  readonly from?: string | undefined;
  readonly text: string;
}

/** What the gateway's duty book does. Everything that changes it is durable before it answers; it throws a Fault why not. */
export interface DutyDesk {
  now(): DutyView;
  /** Newest first. */
  log(limit: number): readonly DutyEntry[];
  handOver(to: readonly string[], note: string | null, by: string): Promise<DutyEntry>;
  setMode(mode: Mode, note: string, by: string): Promise<'done' | 'unchanged'>;
  write(entry: NewDutyEntry, by: string): Promise<DutyEntry>;
}
