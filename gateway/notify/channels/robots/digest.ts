import type { Recipient } from '../channel.ts';
import type { Waiting } from './robot.ts';

/** One request for several messages, and which they are. */
export interface Digest {
  readonly taken: readonly Waiting[];
  readonly text: string;
  readonly recipients: readonly Recipient[];
}

const RULE = '\n————\n';
const HEAD = {
  zh: (count: number) => `【合并 ${count} 条】\n`,
  en: (count: number) => `[${count} in one]\n`,
};
/** Left free for the head, and for names of people after the text. */
const ROOM_BYTES = 200;
const MOST_NAMED = 50;

/**
 * Takes what has gathered, the urgent first and each group in the order it came, as long as it fits; what does not fit stands
 * there by its title, and what does not even so waits for the next. Exercises and real alarms are never in one text.
 */
export function planDigest(waiting: readonly Waiting[], mostBytes: number, language: 'zh' | 'en'): Digest | undefined {
  const urgent = waiting.filter(({ message }) => message.urgent);
  const [first, ...others] = [...urgent, ...waiting.filter(({ message }) => !message.urgent)];
  if (first === undefined) return undefined;
  const most = mostBytes - ROOM_BYTES;
  const taken = [first];
  const texts = [cut(first.message.text, most)];
  let bytes = bytesOf(texts[0] ?? '');
  for (const each of others) {
    const { message } = each;
    if (message.isExercise !== first.message.isExercise) continue;
    const text = [message.text, message.title].find((form) => bytes + bytesOf(RULE + form) <= most);
    if (text === undefined) break;
    taken.push(each);
    texts.push(text);
    bytes += bytesOf(RULE + text);
  }
  const head = taken.length === 1 ? '' : HEAD[language](taken.length);
  return { taken, text: head + texts.join(RULE), recipients: peopleOf(taken) };
}

/** Each once. */
function peopleOf(taken: readonly Waiting[]): Recipient[] {
  const all = taken.flatMap(({ recipients }) => recipients);
  return [...new Map(all.map((recipient) => [recipient.person, recipient])).values()].slice(0, MOST_NAMED);
}

const bytesOf = (text: string): number => Buffer.byteLength(text);

/** The beginning of a text that fits, with `…` where something is missing. */
export function cut(text: string, mostBytes: number): string {
  if (bytesOf(text) <= mostBytes) return text;
  let kept = '';
  let bytes = bytesOf('…');
  for (const character of text) {
    bytes += bytesOf(character);
    if (bytes > mostBytes) break;
    kept += character;
  }
  return `${kept}…`;
}
