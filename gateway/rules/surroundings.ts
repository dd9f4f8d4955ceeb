import type { Finding } from './finding.ts';
import type { PermitView } from './permit.ts';
import type { Standing } from './permit-book.ts';
import type { RulePoint } from './point.ts';

/** What a watch asks of the engine around it. */
export interface WatchSurroundings {
  /** UTC ms of a tick, by the present offset. */
  at(tick: number): number;
  trusted(): boolean;
  permit(kind: string, point: RulePoint, at: number, since: number): PermitView | null;
  standing(kind: string, point: RulePoint, at: number, since: number): Standing;
  emit(finding: Finding): void;
  /** Its not-evaluable code, or its being in force, has changed. */
  touched(watch: { readonly point: RulePoint }): void;
}
