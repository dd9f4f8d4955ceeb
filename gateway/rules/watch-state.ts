import type { Answer } from './finding.ts';
import type { SavedLevel } from './levels.ts';
import type { PermitView } from './permit.ts';
import type { SavedWindow } from './probe.ts';

/** What outlives a restart of one rule on one point. Ticks; null where there is none. */
export interface WatchState {
  /** Of what it is judged by: another one means another thing, and its state is not taken over. */
  readonly meaning: number;
  /** Everything up to here is in it. */
  readonly asOf: number;
  /** Lowest first. */
  readonly levels: readonly SavedLevel[];
  readonly lastGood: number | null;
  readonly since: number;
  readonly code: string | null;
  readonly codeSince: number | null;
  readonly answer: Answer;
  readonly answerAt: number;
  readonly permit: PermitView | null;
  readonly opening: string | null;
  /** What a window over what is derived holds. */
  readonly window?: SavedWindow | undefined;
}
