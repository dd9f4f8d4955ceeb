import { type Clock, every } from '#kit/clock.ts';
import type { LiveJudge } from '../judge/live-judge.ts';
import type { LedgerReader } from '../ledger/ledger.ts';
import type { Watch } from '../rules/finding.ts';
import { LEDGER_RULE, ownFinding, ownWatch } from './own-alarms.ts';

const LOOK_EVERY_MS = 1000;
/** A commit that takes this long is not yet a failure. */
const PATIENCE_MS = 2000;

/** `gengfu.ledger`: the red alarm that stands while events cannot be made durable (a full or read-only disk, a dead card). */
export class LedgerAlarm implements Disposable {
  readonly #ledger: LedgerReader;
  readonly #live: LiveJudge;
  readonly #clock: Clock;
  readonly #wire: Clock;
  readonly #watch: Watch;
  #failingSince: number | null = null;
  #isRaised: boolean;
  readonly #cancel: () => void;

  constructor(site: { readonly name: string }, ledger: LedgerReader, live: LiveJudge, clock: Clock, wire: Clock) {
    this.#ledger = ledger;
    this.#live = live;
    this.#clock = clock;
    this.#wire = wire;
    this.#watch = ownWatch({
      rule: LEDGER_RULE,
      device: 'gateway',
      deviceName: site.name,
      point: 'ledger',
      quantity: 'ledger.durable',
      title: { zh: '告警存证账本无法写盘', en: 'The alarm ledger cannot be written to disk' },
    });
    this.#isRaised = live.judge.alarms.find(this.#watch.key)?.condition === 'active';
    this.#cancel = every(wire, LOOK_EVERY_MS, () => this.#look());
  }

  #look(): void {
    const { durable, error } = this.#ledger.status();
    const now = this.#wire.tick();
    this.#failingSince = durable ? null : (this.#failingSince ?? now);
    const fails = this.#failingSince !== null && now - this.#failingSince >= PATIENCE_MS;
    if (fails === this.#isRaised) return;
    if (!fails && !durable) return;
    this.#isRaised = fails;
    this.#live.takeFinding(
      ownFinding(this.#watch, this.#clock.now(), {
        answer: fails ? 'red' : 'normal',
        reason: fails ? (error ?? null) : null,
        value: fails ? 'failing' : 'durable',
      }),
    );
  }

  [Symbol.dispose](): void {
    this.#cancel();
  }
}
