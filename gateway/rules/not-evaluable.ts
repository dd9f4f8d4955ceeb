import type { Deadlines, Due } from './deadlines.ts';
import type { Finding, Watch } from './finding.ts';
import type { RulePoint } from './point.ts';
import type { RuleWatch } from './rule-watch.ts';

export const NOT_EVALUABLE = 'gengfu.not-evaluable';

/**
 * `gengfu.not-evaluable`: a point that no rule could evaluate in force for long (45 min unless the site says otherwise)
 * raises a blue alarm, one a point. Time in which a rule of silence stands for the point does not count.
 */
export class NotEvaluable implements Due {
  readonly order: number;
  readonly watch: Watch;
  armed = Number.POSITIVE_INFINITY;
  readonly #watches: readonly RuleWatch[];
  readonly #afterMs: number;
  readonly #around: { at(tick: number): number; emit(finding: Finding): void };
  #isRaised = false;
  #silentUntil = Number.NEGATIVE_INFINITY;
  isUnsaved = false;

  constructor(
    order: number,
    point: RulePoint,
    watches: readonly RuleWatch[],
    afterMs: number,
    around: { at(tick: number): number; emit(finding: Finding): void },
  ) {
    this.order = order;
    this.#watches = watches;
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
      measure: 'not evaluable',
    };
  }

  nextDue(): number {
    return this.#isRaised ? Number.POSITIVE_INFINITY : this.#due();
  }

  fire(tick: number): void {
    this.#isRaised = true;
    this.#tell(tick);
  }

  /** A rule of its point has changed: evaluable again, or not, or silence began or ended. */
  touched(tick: number, deadlines: Deadlines): void {
    if (this.#isSilent()) this.#silentUntil = tick;
    if (this.#isRaised && this.#due() > tick) {
      this.#isRaised = false;
      this.#tell(tick);
    }
    deadlines.arm(this);
  }

  save(): object {
    this.isUnsaved = false;
    return { raised: this.#isRaised };
  }

  restore(saved: { readonly raised: boolean }): void {
    this.#isRaised = saved.raised;
  }

  #isSilent(): boolean {
    return this.#watches.some((watch) => watch.rule.kind === 'silent' && watch.holdsLevel);
  }

  #due(): number {
    if (this.#isSilent()) return Number.POSITIVE_INFINITY;
    let since = Number.POSITIVE_INFINITY;
    for (const watch of this.#watches) since = Math.min(since, watch.notEvaluableSince());
    return Math.max(since, this.#silentUntil) + this.#afterMs;
  }

  #tell(tick: number): void {
    this.isUnsaved = true;
    const worst = this.#watches.find((watch) => watch.code !== null);
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
