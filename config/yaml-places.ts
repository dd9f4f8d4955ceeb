import { isAlias, isCollection, isMap, isScalar, type Pair, stringify } from 'yaml';

const FLOW = {
  collectionStyle: 'flow',
  lineWidth: 0,
  blockQuote: false,
  doubleQuotedAsJSON: true,
  version: '1.2',
} as const;

/** Not as JSON, which knows no -0. */
const QUOTED = { ...FLOW, defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN' } as const;

/** A value on one line, as it may stand in a block or in a flow collection; where YAML would take several, in quotes. */
export function encodeFlow(value: unknown): string {
  const plain = stringify({ k: value }, FLOW).trimEnd();
  const pair = plain.includes('\n') ? stringify({ k: value }, QUOTED).trimEnd() : plain;
  return pair.slice('{ k: '.length, -' }'.length);
}
export const encodePair = (key: string, value: unknown): string => `${encodeFlow(key)}: ${encodeFlow(value)}`;

const rangeOf = (node: unknown): readonly [number, number] => {
  if (!isScalar(node) && !isCollection(node) && !isAlias(node)) return [0, 0];
  return node.range ? [node.range[0], node.range[1]] : [0, 0];
};
/** Where a node begins in its text. */
export const startOf = (node: unknown): number => rangeOf(node)[0];

/** Behind the last character of a node, comments after it left out. */
export function endOf(node: unknown): number {
  if (isCollection(node) && node.flow !== true) {
    const last = node.items.at(-1);
    if (isMap(node)) {
      const pair = last as Pair | undefined;
      return Math.max(endOf(pair?.key), endOf(pair?.value));
    }
    return last === undefined ? rangeOf(node)[1] : endOf(last);
  }
  return rangeOf(node)[1];
}
