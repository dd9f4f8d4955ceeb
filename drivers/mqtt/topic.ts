const LONGEST = 256;
/** The broker's matcher takes no more. */
const MOST_LEVELS = 20;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
const FORBIDDEN = /[\u0000-\u001f\u007f+#]/;

/** Why a text cannot be a device's topic, for a person; undefined if it can. */
export function topicFlaw(topic: string): string | undefined {
  if (topic === '' || topic.length > LONGEST) return `must have 1 to ${LONGEST} characters`;
  if (FORBIDDEN.test(topic)) return 'must not hold wildcards (+ #) or control characters';
  if (topic.startsWith('$')) return 'must not begin with $, which is for the broker itself';
  const levels = topic.split('/');
  if (levels.length > MOST_LEVELS) return `must not have more than ${MOST_LEVELS} levels`;
  if (levels.includes('')) return 'must not have an empty level (no / at its ends, no //)';
  return undefined;
}

/** Whether `topic` is `own` or lies below it. MQTT 3.1.1 section 4.7: names are compared as they are, case too. */
export const isWithin = (topic: string, own: string): boolean => topic === own || topic.startsWith(`${own}/`);

/** Whose topic it is, or lies below; no owner's topic lies below another's. */
export function ownerOf<T>(owners: ReadonlyMap<string, T>, topic: string): T | undefined {
  for (let end = topic.length; end > 0; end = topic.lastIndexOf('/', end - 1)) {
    const owner = owners.get(topic.slice(0, end));
    if (owner !== undefined) return owner;
  }
  return undefined;
}

/** A device publishes on its own topic and below it; nowhere else, so never on `$SYS` either. */
export const mayPublish = (own: string, topic: string): boolean => isWithin(topic, own) && !FORBIDDEN.test(topic);

/** A device subscribes below its own topic: wildcards may only stand after it, so that they reach nothing else. */
export const maySubscribe = (own: string, filter: string): boolean => isWithin(filter, own);

/** Whether a subscription's filter reaches a topic. MQTT 3.1.1 section 4.7.1: `a/#` is `a` too. */
export function reaches(filter: string, topic: string): boolean {
  const levels = topic.split('/');
  const wanted = filter.split('/');
  for (const [at, level] of wanted.entries()) {
    if (level === '#') return true;
    if (at >= levels.length || (level !== '+' && level !== levels[at])) return false;
  }
  return wanted.length === levels.length;
}
