import type { BorrowedLine, LineAnswer, LineQuestion } from '../../drivers/driver.ts';
import { hexOf, type Orderly, signHint, viewWords, type WordView } from './word-orders.ts';

/** One point of a device that is read. */
export interface ReadPoint {
  readonly id: string;
  readonly unit: string | null;
  /** Its place in the block, in registers or bits, and how many of them it takes. */
  readonly at: number;
  readonly width: number;
  /** It is read without a sign: a value that would be plausible with one is told. */
  readonly isUnsigned: boolean;
  decode(data: Uint8Array): {
    readonly value: number | string | null;
    readonly quality: string;
    readonly code?: string;
  };
}

/** What one question brings. */
export interface ReadBlock {
  readonly question: Pick<LineQuestion, 'table' | 'address' | 'count'>;
  readonly points: readonly ReadPoint[];
  /** What the device says of others of its values: asked first. */
  take?(data: Uint8Array): void;
}

export interface PointRead {
  readonly id: string;
  readonly where: string;
  /** `0247`, `2EE7 0000`, or `1` for a bit. */
  readonly raw: string;
  readonly value: number | string | null;
  readonly unit: string | null;
  readonly quality: string;
  readonly code: string | null;
  /** What it would be with a sign. */
  readonly signed: number | null;
  /** Of two registers whose value is not good: every order beside the others. */
  readonly orders: readonly Orderly[];
}

const isBits = (table: LineQuestion['table']): boolean => table === 'coil' || table === 'discrete';

/** Reads each point once; one whose block is not answered has the reason as its code. */
export async function readPoints(
  line: BorrowedLine,
  { unit, timeoutMs }: Pick<LineQuestion, 'unit' | 'timeoutMs'>,
  blocks: readonly ReadBlock[],
  signal: AbortSignal,
): Promise<{ readonly points: readonly PointRead[]; readonly answers: readonly LineAnswer[] }> {
  const points: PointRead[] = [];
  const answers: LineAnswer[] = [];
  for (const { question, points: wanted, take } of blocks) {
    const answer = await line.ask({ unit, timeoutMs, ...question }, signal);
    answers.push(answer);
    const data = answer.kind === 'data' ? answer.data : undefined;
    if (data !== undefined) take?.(data);
    for (const point of wanted) points.push(pointOf(point, question, data, answer));
  }
  return { points, answers };
}

function pointOf(
  point: ReadPoint,
  { table, address }: ReadBlock['question'],
  data: Uint8Array | undefined,
  answer: LineAnswer,
): PointRead {
  const { id, unit, at, width } = point;
  const where = `${table} 0x${hexOf(address + at)}`;
  const nothing = { signed: null, orders: [] };
  if (data === undefined) {
    return { id, where, raw: '', value: null, unit, quality: 'bad', code: whyNot(answer), ...nothing };
  }
  const { value, quality, code = null } = point.decode(data);
  if (isBits(table)) {
    const bit = ((data[at >>> 3] ?? 0) >>> (at & 7)) & 1;
    return { id, where, raw: String(bit), value, unit, quality, code, ...nothing };
  }
  const words = viewWords(address + at, data.subarray(at * 2, (at + width) * 2));
  const [first] = words;
  return {
    ...{ id, where, raw: words.map(({ hex }) => hex).join(' '), value, unit, quality, code },
    signed: (point.isUnsigned && first !== undefined ? signHint(first.u16) : undefined) ?? null,
    orders: width === 2 && quality !== 'good' ? (first?.pair ?? []) : [],
  };
}

/** Why a question brought no data. */
export function whyNot(answer: LineAnswer): string {
  switch (answer.kind) {
    case 'data':
      return 'no-value';
    case 'exception':
      return `exception-${answer.code}`;
    case 'none':
      return answer.symptom === 'silence' ? 'no-answer' : answer.symptom;
    case 'closed':
      return 'link-down';
    default:
      return answer satisfies never;
  }
}

export interface RawRead {
  readonly answer: string;
  readonly words: readonly WordView[];
  /** Of coils and discrete inputs. */
  readonly bits: readonly number[];
}

/** Reads registers of which nobody knows what they mean. */
export async function readRaw(line: BorrowedLine, question: LineQuestion, signal: AbortSignal): Promise<RawRead> {
  const answer = await line.ask(question, signal);
  if (answer.kind !== 'data') return { answer: whyNot(answer), words: [], bits: [] };
  if (!isBits(question.table)) return { answer: 'data', words: viewWords(question.address, answer.data), bits: [] };
  const bit = (index: number) => ((answer.data[index >>> 3] ?? 0) >>> (index & 7)) & 1;
  return { answer: 'data', words: [], bits: Array.from({ length: question.count }, (_, index) => bit(index)) };
}
