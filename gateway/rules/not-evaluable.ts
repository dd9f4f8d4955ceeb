import type { Deadlines, Due } from './deadlines.ts';
import type { Finding, Watch } from './finding.ts';
import type { RulePoint } from './point.ts';
import type { RuleWatch } from './rule-watch.ts';

export const NOT_EVALUABLE = 'gengfu.not-evaluable';

/** What outlives a restart; ticks. */
export interface NotEvaluableState {
  readonly raised: boolean;
  readonly wasSilent: boolean;
  readonly silentUntil: number | null;
}

/**
 * `gengfu.not-evaluable`: a point that no rule could evaluate in force for long (45 min unless the site says otherwise)
 * raises a blue alarm, one a point. Time in which a rule of silence stands for the point does not count.
 */
export class NotEvaluable implements Due {
  order: number;
  readonly watch: Watch;
  armed = Number.POSITIVE_INFINITY;
  readonly watches: readonly RuleWatch[];
  readonly #afterMs: number;
  readonly #around: { at(tick: number): number; emit(finding: Finding): void };
  #isRaised = false;
  #wasSilent = false;
  #silentUntil = Number.NEGATIVE_INFINITY;
  #asOf = Number.NEGATIVE_INFINITY;
  isUnsaved = true;

  constructor(
    order: number,
    point: RulePoint,
    watches: readonly RuleWatch[],
    afterMs: number,
    around: { at(tick: number): number; emit(finding: Finding): void },
  ) {
    this.order = order;
    this.watches = watches;
    this.#afterMs = afterMs;
    this.#around = around;
    this.watch = {
      key: `${NOT_EVALUABLE}@${point.key}`,
      rule: NOT_EVALUABLE,
      device: point.device,
      deviceName: point.deviceName,
      point: point.id,
      quantity: point.quantity,
      unit: point.unit,
      scene: point.scene,
      place: point.place,
      title: { zh: '测点长时间暂不判定', en: 'Point not evaluable for long' },
      basis: null,
      legalLimit: null,
      permitKind: null,
      measure: 'not evaluable',
      // Of a point whose link is down that is told already (config/packs/device-health.yaml).
      suppressedBy: ['link-down'],
      vital: false,
      ...(point.link === undefined || point.link === '' ? {} : { link: point.link }),
    };
  }

  /** Whether it is of these very rules on a point, and no sooner or later. */
  isOf(watches: readonly RuleWatch[], afterMs: number): boolean {
    const isSame = this.watches.length === watches.length && watches.every((watch, i) => watch === this.watches[i]);
    return isSame && this.#afterMs === afterMs;
  }

  nextDue(): number {
    // What was so up to the restored state was told then; windows are still being filled.
    return this.#isRaised ? Number.POSITIVE_INFINITY : Math.max(this.#due(), this.#asOf + 1);
  }

  fire(tick: number): void {
    this.#isRaised = true;
    this.#tell(tick);
  }

  /** A rule of its point has changed: evaluable again, or not, or silence began or ended. */
  touched(tick: number, deadlines: Deadlines): void {
    // What was so then is restored; when it is due may only be known now, in an opening that was begun again.
    if (tick <= this.#asOf) {
      deadlines.arm(this);
      return;
    }
    const isSilent = this.#isSilent();
    if (isSilent !== this.#wasSilent) {
      this.#silentUntil = tick;
      this.#wasSilent = isSilent;
      this.isUnsaved = true;
    }
    if (this.#isRaised && this.#due() > tick) {
      this.#isRaised = false;
      this.#tell(tick);
    }
    deadlines.arm(this);
  }

  save(): NotEvaluableState {
    this.isUnsaved = false;
    return {
      raised: this.#isRaised,
      wasSilent: this.#wasSilent,
      silentUntil: Number.isFinite(this.#silentUntil) ? this.#silentUntil : null,
    };
  }

  restore(saved: NotEvaluableState, asOf: number, shift: number): void {
    this.#asOf = asOf + shift;
    this.#isRaised = saved.raised;
    this.#wasSilent = saved.wasSilent;
    this.#silentUntil = saved.silentUntil === null ? Number.NEGATIVE_INFINITY : saved.silentUntil + shift;
  }

  #isSilent(): boolean {
    return this.watches.some((watch) => watch.rule.kind === 'silent' && watch.holdsLevel);
  }

  #due(): number {
    if (this.#isSilent()) return Number.POSITIVE_INFINITY;
    let since = Number.POSITIVE_INFINITY;
    for (const watch of this.watches) since = Math.min(since, watch.notEvaluableSince());
    return Math.max(since, this.#silentUntil) + this.#afterMs;
  }

  #tell(tick: number): void {
    this.isUnsaved = true;
    const worst = this.watches.find((watch) => watch.code !== null);
    this.#around.emit({
      watch: this.watch,
      at: this.#around.at(tick),
      answer: this.#isRaised ? 'blue' : 'normal',
      code: null,
      reason: this.#isRaised ? (worst?.code ?? 'coverage') : null,
      value: null,
      limit: null,
      coverage: this.#isRaised ? (worst?.probe.coverage() ?? null) : null,
      window: null,
      permit: null,
    });
  }
}
