import type { BorrowedLine, LineAnswer, LineQuestion, SerialSettings } from '../../drivers/driver.ts';
import type { ModelSerial } from './scan-order.ts';

/** What of a device model can be tried on a unit. */
export interface ModelProbe {
  readonly profile: string;
  readonly title: string;
  readonly serial: ModelSerial;
  /** What it would be asked, in this order, anew for each unit. */
  reads(): readonly ModelRead[];
}

export interface ModelRead {
  readonly question: Pick<LineQuestion, 'table' | 'address' | 'count'>;
  /** How many of its points there have a value within their range, and of how many. */
  judge(data: Uint8Array): { readonly good: number; readonly of: number };
}

/** How much a unit is like a model: 1 is all that can be asked. Several models may be equally like. */
export interface Likeness {
  readonly profile: string;
  readonly title: string;
  readonly score: number;
  /** Points that had a value within their range, of all that the model has. */
  readonly good: number;
  readonly of: number;
}

/** How long it is waited for: a good deal longer than for its first answer, milliseconds. */
const LEAST_MS = 250;
const MOST_MS = 500;
const PATIENCE = 4;
const MOST_CANDIDATES = 5;
/** Registers that are all zero fit many a model. */
const ZERO_WEIGHT = 0.4;
/** Found at another baud than the model is delivered with. */
const OTHER_BAUD = 0.8;
/** A model of few points is the likelier by chance. */
const chanceWeight = (points: number): number => points / (points + 0.5);

export interface Identifiable {
  readonly unit: number;
  readonly settings: SerialSettings | null;
  /** What its first answer took; null where nobody knows. */
  readonly tookMs: number | null;
}

/** Asks a unit for what models would ask it for, each question once, and says which it is like. */
export async function identify(
  line: BorrowedLine,
  { unit, settings, tookMs }: Identifiable,
  models: readonly ModelProbe[],
  signal: AbortSignal,
): Promise<Likeness[]> {
  const timeoutMs = Math.min(Math.max(PATIENCE * (tookMs ?? MOST_MS), LEAST_MS), MOST_MS);
  const heard = new Map<string, LineAnswer>();
  const ask = async ({ table, address, count }: ModelRead['question']): Promise<LineAnswer> => {
    const key = `${table} ${address} ${count}`;
    const before = heard.get(key);
    if (before !== undefined) return before;
    const answer = await line.ask(
      { unit, table, address, count, timeoutMs, ...(settings === null ? {} : { settings }) },
      signal,
    );
    heard.set(key, answer);
    return answer;
  };
  const found: Likeness[] = [];
  for (const { profile, title, serial, reads } of models) {
    let [good, of, isZero] = [0, 0, true];
    for (const { question, judge } of reads()) {
      const answer = await ask(question);
      const data = answer.kind === 'data' ? answer.data : undefined;
      const judged = judge(data ?? new Uint8Array(0));
      of += judged.of;
      if (data === undefined) continue;
      good += judged.good;
      isZero &&= data.every((byte) => byte === 0);
    }
    if (good === 0 || of === 0) continue;
    const isItsBaud = settings === null || (serial.baud?.includes(settings.baud) ?? true);
    const score = (good / of) * chanceWeight(of) * (isZero ? ZERO_WEIGHT : 1) * (isItsBaud ? 1 : OTHER_BAUD);
    found.push({ profile, title, score: Math.round(score * 100) / 100, good, of });
  }
  return found.sort((a, b) => b.score - a.score).slice(0, MOST_CANDIDATES);
}
