import type { Overheard } from '../driver.ts';
import type { Frame } from './frame.ts';
import type { Flaw } from './passed-over.ts';
import { isText, withoutSecrets } from './secrets.ts';

const MOST_HEX_BYTES = 128;
const MOST_TEXT = 400;

const WHY: Readonly<Record<Flaw, string>> = {
  crc: 'wrong CRC',
  length: 'wrong length',
  tail: 'does not end where it says',
  syntax: 'not as the standard writes it',
  incomplete: 'broken off',
  garbage: 'no frame',
};

/** The NewPW of a 1072, and what a login of a maker's own calls so. */
const SECRET_NAME = /(?:pw|pwd|passwd|password)$/i;

/** All of a frame but passwords: a PW, and those in its CP. */
export const saidIn = ({ st, cn, cp }: Frame): string =>
  [`ST=${st} CN=${cn}`, ...cp.flat().map(([name, value]) => `${name}=${SECRET_NAME.test(name) ? '***' : value}`)].join(
    ' ',
  );

/** The command and the names of its fields: no value, and never the password. */
export const sampleOf = ({ st, cn, cp }: Frame): string =>
  [`ST=${st} CN=${cn}`, ...cp.flat().map(([name]) => name)].join(' ');

/** Bytes that are no right frame, without a password as far as one can be told. `passwords`: those that are known. */
export function overhearFlaw(
  flaw: Flaw,
  bytes: Uint8Array,
  passwords: Iterable<string>,
): Pick<Overheard, 'who' | 'what' | 'isRight' | 'hex'> {
  const read = Buffer.from(bytes).toString('latin1');
  const shown = withoutSecrets(read, passwords).slice(0, MOST_TEXT);
  const text = isText(read) ? `: ${shown.trimEnd().replaceAll(/[^\x20-\x7e]/g, '·')}` : '';
  const [, mn] = /(?:^|;)MN=([\x21-\x7e]{1,64}?);/.exec(shown) ?? [];
  return {
    who: mn ?? null,
    what: `${WHY[flaw]}, ${bytes.length} bytes${text}`,
    isRight: false,
    hex: Buffer.from(shown.slice(0, MOST_HEX_BYTES), 'latin1').toString('hex'),
  };
}
