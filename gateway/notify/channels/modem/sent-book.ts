import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { textOf } from '#kit/fault.ts';
import type { Log } from '#kit/log.ts';
import { replaceFile } from '#kit/replace-file.ts';
import type { Receipt } from '../channel.ts';
import { isSamePhone } from './address.ts';
import type { Incoming } from './incoming-pdu.ts';

/** References have 8 bits, so more could not be told apart anyway. */
const MOST_KEPT = 256;
/** As long as a message is valid, and the report of its end on its way. */
const KEEP_MS = 3 * 86_400_000;
/** Reports that came before the modem said which reference they are of. */
const MOST_UNCLAIMED = 16;

const entry = z.strictObject({
  receipt: z.string(),
  person: z.string(),
  phone: z.string(),
  /** References of parts that no report has come of. */
  open: z.array(z.int()),
  at: z.number(),
});

type Entry = z.output<typeof entry>;

/**
 * What was sent to whom, so that reports and replies are known, also late ones and after a restart. The file holds numbers of
 * people: it is in the channel's own folder, for its owner to read.
 */
export class SentBook {
  readonly #dir: string;
  readonly #log: Log;
  readonly #give: (receipt: Receipt) => void;
  /** The latest last. */
  #entries: Entry[] = [];
  #unclaimed: Extract<Incoming, { kind: 'report' }>[] = [];
  #isTold = false;
  #writing: Promise<void> = Promise.resolve();

  constructor(dir: string, log: Log, give: (receipt: Receipt) => void) {
    this.#dir = dir;
    this.#log = log;
    this.#give = give;
  }

  async load(): Promise<void> {
    try {
      const stored = z.array(entry).parse(JSON.parse(await readFile(this.#path, 'utf8')));
      this.#entries = [...stored, ...this.#entries].slice(-MOST_KEPT);
    } catch (error) {
      const isNew = error instanceof Error && 'code' in error && error.code === 'ENOENT';
      if (!isNew) this.#log.warn({ path: this.#path }, 'sms: reports of what was sent before are not known any more');
    }
  }

  get kept(): number {
    return this.#entries.length;
  }

  add(sent: Omit<Entry, 'open'>, references: readonly number[]): void {
    // A reference is used anew after 256 messages: what had it before gets no report any more.
    const older = this.#entries.map((each) => ({
      ...each,
      open: isSamePhone(each.phone, sent.phone) ? each.open.filter((one) => !references.includes(one)) : each.open,
    }));
    this.#entries = [...older, { ...sent, open: [...references] }]
      .filter(({ at }) => sent.at - at < KEEP_MS)
      .slice(-MOST_KEPT);
    for (const report of this.#unclaimed.splice(0)) this.take(report, sent.at);
    this.#write();
  }

  take(incoming: Incoming, now: number): void {
    if (incoming.kind === 'report') this.#takeReport(incoming, now);
    else this.#takeReply(incoming, now);
  }

  #takeReply({ from: phone, text }: Extract<Incoming, { kind: 'deliver' }>, now: number): void {
    const last = this.#entries.findLast((each) => isSamePhone(each.phone, phone));
    const { receipt = null, person = null } = last ?? {};
    this.#give({ receipt, person, kind: 'reply', text, phone, at: now });
  }

  /** Until what was last known is on disk. */
  async written(): Promise<void> {
    await this.#writing;
  }

  /** TP-Status (3GPP TS 23.040, section 9.2.3.15): 0 received; from 40 on it never will be; between them it is still tried. */
  #takeReport(report: Extract<Incoming, { kind: 'report' }>, now: number): void {
    const { reference, to, status } = report;
    const found = this.#entries.findLast((each) => each.open.includes(reference) && isSamePhone(each.phone, to));
    if (found === undefined) {
      this.#unclaimed = [...this.#unclaimed, report].slice(-MOST_UNCLAIMED);
      return;
    }
    const isFailed = status >= 0x40;
    if (status !== 0 && !isFailed) return;
    found.open = isFailed ? [] : found.open.filter((one) => one !== reference);
    this.#write();
    if (found.open.length > 0) return;
    const { receipt, person } = found;
    this.#give({ receipt, person, kind: isFailed ? 'failed' : 'delivered', at: now });
  }

  get #path(): string {
    return join(this.#dir, 'sent.json');
  }

  #write(): void {
    const text = JSON.stringify(this.#entries);
    this.#writing = this.#writing
      .then(async () => {
        await mkdir(this.#dir, { recursive: true, mode: 0o700 });
        await replaceFile(this.#path, text);
        this.#isTold = false;
      })
      .catch((error) => {
        if (!this.#isTold) this.#log.warn({ error: textOf(error) }, 'sms: what was sent cannot be stored');
        this.#isTold = true;
      });
  }
}
