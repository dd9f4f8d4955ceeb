import { openZone } from '#kit/zone.ts';
import type { SitePoint } from '../../config/site.ts';
import { FrameStream, noStreamCounts } from '../../drivers/hj212/frame-stream.ts';
import { readFrame, type Source } from '../../drivers/hj212/values.ts';
import type { Point } from '../../drivers/point.ts';
import { outcomeOf } from './reading-of.ts';
import type { Trial } from './tried.ts';

/** The times of a frame are in the instrument's zone; no value depends on it. */
const ZONE = 'Asia/Shanghai';

/** A frame through the driver's own parser and reader, as if an instrument had sent it. */
export const tryFrame: Trial = async (_driver, place, { frame }) => {
  if (frame === undefined) return 'no frame is given';
  const link = await place({ kind: 'hj212', listen: '127.0.0.1:0' }, { mn: 'trial' });
  const [device] = link?.devices ?? [];
  if (device === undefined) return 'the device cannot be made';
  const counts = noStreamCounts();
  const stream = new FrameStream('lenient', counts);
  stream.push(Buffer.from(`${frame.trimEnd()}\r\n`));
  const parsed = stream.next();
  if (parsed === undefined) {
    const flaws = Object.entries(counts).filter(([, count]) => count > 0);
    return `the frame cannot be taken: ${flaws.map(([flaw]) => flaw).join(', ') || 'it does not end'}`;
  }
  // The driver's own schema made the sources.
  const points = device.points as readonly (SitePoint & Point<Source>)[];
  const fields = new Map(parsed.cp.flat());
  const factorOf = (id: string) => points.find((point) => point.id === id)?.source.factor ?? '';
  return outcomeOf(readFrame(points, parsed, openZone(ZONE)).readings, (id) => fields.get(factorOf(id)));
};
