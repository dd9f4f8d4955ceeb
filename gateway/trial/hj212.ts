import { openZone } from '#kit/zone.ts';
import { fieldOf, parseFrame } from '../../drivers/hj212/frame.ts';
import type { Hj212Device } from '../../drivers/hj212/kind.ts';
import { readFrame } from '../../drivers/hj212/values.ts';
import type { Trial } from './tried.ts';

const FLAWS = {
  length: 'the frame is not as long as it says',
  tail: 'the frame does not end with CR LF',
  crc: "the frame's CRC is not that of its data",
  syntax: 'the frame is not of the grammar of HJ 212',
} as const;

/** A frame through the driver's own reader, as if it were the device's, whatever its MN and password. */
export const tryFrame: Trial = async (_driver, place, { frame: text }) => {
  if (text === undefined) return 'no frame is given';
  const frame = parseFrame(Buffer.from(`${text.trimEnd()}\r\n`), 'lenient');
  if (typeof frame === 'string') return FLAWS[frame];
  const link = await place({ kind: 'hj212', listen: '127.0.0.1:0' }, { mn: 'trial' });
  // The driver's own schemas made its options and sources.
  const [device] = (link?.devices ?? []) as unknown as readonly Hj212Device[];
  if (device === undefined) return 'the device cannot be made';
  const { readings } = readFrame(device.points, frame, openZone('Asia/Shanghai'));
  return new Map(
    device.points.flatMap(({ id, key, source }) => {
      const reading = readings.find(({ point }) => point === key);
      if (reading === undefined) return [];
      const { value, quality, code } = reading;
      const raw = fieldOf(frame, source.factor) ?? '';
      return [[id, { raw, value, quality, ...(code === undefined ? {} : { code }) }]];
    }),
  );
};
