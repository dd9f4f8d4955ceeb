import type { Field, Frame } from '../../../drivers/hj212/frame.ts';
import file from './vectors.json' with { type: 'json' };

interface Vector {
  readonly id: string;
  readonly frame: string;
  readonly expect: string;
  readonly says: Frame;
}

/** Field by field as the vector's header and CP have it. */
function sayOf({ header, cp }: (typeof file.vectors)[number]): Frame {
  const { QN, ST, CN, PW, MN, Flag, PNUM, PNO } = header as Readonly<Record<string, string>>;
  return {
    ...(QN === undefined ? {} : { qn: QN }),
    st: ST ?? '',
    cn: CN ?? '',
    pw: PW ?? '',
    mn: MN ?? '',
    ...(Flag === undefined ? {} : { flag: Number(Flag) }),
    ...(PNUM === undefined ? {} : { packet: { of: Number(PNUM), number: Number(PNO) } }),
    // A JSON list of two texts is a field.
    cp: cp as unknown as readonly (readonly Field[])[],
  };
}

export const vectors: readonly Vector[] = file.vectors.map((vector) => ({
  id: vector.id,
  frame: vector.frame,
  expect: vector.expect,
  says: sayOf(vector),
}));

export const { negative, streams, crcOnly } = file;

export const vectorOf = (id: string): Vector => {
  const found = vectors.find((vector) => vector.id === id);
  if (found === undefined) throw new Error(`no vector ${id}`);
  return found;
};
