import { serveThread } from '#kit/thread.ts';
import { type LoadOptions, loadSite } from '../../config/load.ts';
import type { Problem } from '../../config/site.ts';
import { kinds } from '../kinds.ts';
import { packChecked } from './checked-site.ts';
import { adoptDevice, changeDevice, changeDevices, removeDevice } from './device-edits.ts';
import { type Piece, piecesOf, type SiteHead } from './site-pieces.ts';

/** What a site's thread answers: all that for a large site takes longer than the loop that alarms run on may be held up. */
export type SiteCalls = {
  adoptDevice: typeof adoptDevice;
  changeDevice: typeof changeDevice;
  changeDevices: typeof changeDevices;
  removeDevice: typeof removeDevice;
  load: typeof load;
  piece: typeof piece;
  pack: typeof pack;
};

/** A site that was read; its pieces are asked for one after the other, since the loop stands still while it takes one. */
export interface Read {
  readonly problems: readonly Problem[];
  /** Null with an error. */
  readonly head: SiteHead | null;
}

/** Of the site that was read last, those that were not asked for yet. */
let pieces: Iterator<Piece, void> | undefined;

async function load(dir: string, options: LoadOptions): Promise<Read> {
  const { site, problems } = await loadSite(dir, kinds, options);
  if (site === null) return { problems, head: null };
  const parted = piecesOf(site);
  pieces = parted.pieces;
  return { problems, head: parted.head };
}

/** Null after the last. */
function piece(): Piece | null {
  const next = pieces?.next();
  if (next !== undefined && !next.done) return next.value;
  pieces = undefined;
  return null;
}

/** What a start reads instead of the site's files, as long as they are the same. */
const pack = (dir: string, mark: string): Promise<Uint8Array | null> =>
  packChecked(dir, mark, {}, (from, options) => loadSite(from, kinds, options));

serveThread<SiteCalls>({ adoptDevice, changeDevice, changeDevices, removeDevice, load, piece, pack });
