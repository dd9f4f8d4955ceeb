import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '#kit/clock.ts';
import type { Action, Receipt } from '../alarms/action.ts';
import type { Alarm } from '../alarms/alarm.ts';
import {
  type LinkAnswer,
  type LinkDesk,
  type LinkEnd,
  type LinkStep,
  type LinkView,
  linkGone,
} from '../api/link-desk.ts';
import type { AuditLine } from '../ledger/accounts.ts';
import type { LedgerBatch } from '../ledger/ledger.ts';
import type { Contact } from '../notify/people.ts';

/** Under which the ledger keeps one, by the hash of its token. */
const LINK = 'link:';
/** Those that end first go, when there are more. */
export const MOST_LINKS = 5_000;
/** Of one person on one alarm: each time that he is called has one of its own. */
const MOST_OF_ONE = 3;
/** 144 random bits: not to be guessed at any rate. */
const TOKEN_BYTES = 18;

interface StoredLink {
  readonly alarm: string;
  readonly person: string;
  readonly expiresAt: number;
}

export interface LinksContext {
  /** What an earlier run left, by key. */
  readonly saved: ReadonlyMap<string, object>;
  /** The site's time, for the audit trail; real time, for how long a link is good. */
  readonly clock: Clock;
  readonly wire: Clock;
  /** Stores states; the links that they are of count at once. */
  keep(states: LedgerBatch['rules']): Promise<boolean>;
  audit(line: AuditLine): void;
  /** One that is not closed. */
  alarm(id: string): Alarm | null;
  /** A contact of `people.yaml`; undefined when he is gone from it. */
  contact(id: string): Contact | undefined;
  /** Whether that person is who was sent last: after a refusal, or when others were sent, he is not any more. */
  isSent(alarm: Alarm, person: string): boolean;
  act(action: Action): Promise<Receipt>;
  /** What is said of an alarm, and what its card says, to that person. */
  speak(
    alarm: Alarm,
    contact: Contact,
  ): { readonly title: string; readonly text: string; readonly card: readonly string[] };
  addPhoto(alarm: string, bytes: Uint8Array): Promise<string>;
}

const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex');

/** Whoever is sent without an account gets a link of his own: accept, arrive, resolve, on one alarm (处置回执). */
export class ResponderLinks implements LinkDesk {
  readonly #context: LinksContext;
  readonly #links = new Map<string, StoredLink>();

  constructor(context: LinksContext) {
    this.#context = context;
    for (const [key, state] of context.saved) {
      // Written by this class alone.
      if (key.startsWith(LINK)) this.#links.set(key.slice(LINK.length), state as StoredLink);
    }
  }

  get count(): number {
    return this.#links.size;
  }

  /** A new token for that person on that alarm; only its hash is kept. It counts at once, and is stored as soon as the disk takes it. */
  mint(alarm: string, person: string, forMs: number): string {
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    const link = { alarm, person, expiresAt: this.#context.wire.now() + forMs };
    const gone = [...this.#outdated(), ...this.#earlier(alarm, person)];
    for (const hash of gone) this.#links.delete(hash);
    this.#links.set(hashOf(token), link);
    void this.#context.keep([
      ...gone.map((hash) => ({ key: `${LINK}${hash}`, state: null })),
      { key: `${LINK}${hashOf(token)}`, state: link },
    ]);
    return token;
  }

  find(token: string): LinkView | null {
    const found = this.#found(token);
    if (found === null) return null;
    const { link, alarm, contact } = found;
    const isSent = this.#context.isSent(alarm, contact.id);
    return {
      person: contact.name,
      language: contact.language,
      ...this.#context.speak(alarm, contact),
      isReplaced: !isSent,
      steps: isSent ? stepsOf(alarm) : [],
      stage: alarm.response?.stage ?? null,
      closed: alarm.closedAt !== null,
      expiresAt: link.expiresAt,
      alarm,
    };
  }

  endOf(token: string): LinkEnd {
    const link = this.#links.get(hashOf(token));
    if (link === undefined) return 'unknown';
    if (link.expiresAt <= this.#context.wire.now()) return 'expired';
    return this.#context.alarm(link.alarm) === null ? 'closed' : 'nobody';
  }

  async act(token: string, { step, note, at, photo }: LinkAnswer, from: string): Promise<Receipt> {
    const found = this.#found(token);
    if (found === null) throw linkGone();
    const { link, alarm, contact } = found;
    if (!this.#context.isSent(alarm, contact.id)) throw linkGone();
    const said = { alarm: link.alarm, by: contact.id, ...(note === undefined ? {} : { note }) };
    const spot = { ...(at === undefined ? {} : { at }), ...(photo === undefined ? {} : { photo }) };
    const receipt = await this.#context.act(
      step === 'refuse'
        ? { kind: 'refuse', ...said, note: note ?? '-' }
        : step === 'accept'
          ? { kind: 'accept', ...said }
          : { kind: step, ...said, ...spot },
    );
    if (receipt.status === 'done') {
      const detail = { alarm: link.alarm, person: link.person, step };
      this.#context.audit({ at: this.#context.clock.now(), who: link.person, what: 'link-used', from, detail });
    }
    return receipt;
  }

  async photo(token: string, bytes: Uint8Array): Promise<string> {
    const found = this.#found(token);
    if (found === null || !this.#context.isSent(found.alarm, found.contact.id)) throw linkGone();
    return await this.#context.addPhoto(found.link.alarm, bytes);
  }

  #found(token: string): { readonly link: StoredLink; readonly alarm: Alarm; readonly contact: Contact } | null {
    const link = this.#links.get(hashOf(token));
    if (link === undefined || link.expiresAt <= this.#context.wire.now()) return null;
    const alarm = this.#context.alarm(link.alarm);
    const contact = this.#context.contact(link.person);
    return alarm === null || contact === undefined ? null : { link, alarm, contact };
  }

  #earlier(alarm: string, person: string): readonly string[] {
    const own: string[] = [];
    for (const [hash, link] of this.#links) if (link.alarm === alarm && link.person === person) own.push(hash);
    return own.slice(0, Math.max(0, own.length - MOST_OF_ONE + 1));
  }

  /** Those that have ended, or whose alarm is closed; where all are in use, the one that ends first. */
  #outdated(): readonly string[] {
    if (this.#links.size < MOST_LINKS) return [];
    const now = this.#context.wire.now();
    const over = [...this.#links].filter(
      ([, { expiresAt, alarm }]) => expiresAt <= now || this.#context.alarm(alarm) === null,
    );
    if (over.length > 0) return over.map(([hash]) => hash);
    const [first] = [...this.#links].sort(([, a], [, b]) => a.expiresAt - b.expiresAt);
    return first === undefined ? [] : [first[0]];
  }
}

/** What somebody who was sent can do next; who was only called can say that he is there. */
function stepsOf({ response, closedAt }: Alarm): readonly LinkStep[] {
  if (closedAt !== null) return [];
  switch (response?.stage) {
    case 'dispatched':
      return ['accept', 'refuse', 'arrive', 'resolve'];
    case 'accepted':
      return ['refuse', 'arrive', 'resolve'];
    case 'arrived':
      return ['resolve'];
    default:
      return [];
  }
}
