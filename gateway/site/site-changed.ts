import type { EntryDraft } from '../alarms/alarm-event.ts';
import type { Difference, SitePlan } from './site-plan.ts';

export const SITE_CHANGED = 'city.gengfu.site.changed';

/** Ids of one list that are named; a site may have thousands of devices. */
const MOST_NAMED = 20;
const KINDS = ['links', 'devices', 'rules', 'permits', 'upstreams', 'channels'] as const;

interface Ids {
  readonly count: number;
  /** The first twenty. */
  readonly ids: readonly string[];
}

/** What is otherwise than before, in short. */
export interface SiteChanges {
  readonly [kind: string]: { readonly added: Ids; readonly removed: Ids; readonly changed: Ids } | readonly string[];
  /** Parts of `site.yaml`. */
  readonly settings: readonly string[];
}

/** The body of the entry. */
export interface SiteChanged {
  /** Its number among the sites applied on this box. */
  readonly number: number;
  /** sha256 of its files. */
  readonly hash: string;
  readonly previous: string | null;
  readonly by: string;
  readonly from: 'directory' | 'back' | 'upstream';
  /** The number of the one that was put back. */
  readonly of: number | null;
  /** Null where the site before is not kept any more. */
  readonly changes: SiteChanges | null;
}

const idsOf = (ids: readonly string[]): Ids => ({ count: ids.length, ids: ids.slice(0, MOST_NAMED) });

const shortOf = ({ added, removed, changed }: Difference) => ({
  added: idsOf(added),
  removed: idsOf(removed),
  changed: idsOf(changed),
});

export const changesOf = (plan: SitePlan): SiteChanges => ({
  ...Object.fromEntries(KINDS.map((kind) => [kind, shortOf(plan[kind])])),
  settings: plan.settings,
});

/** Whether nothing at all is otherwise. */
export const isNothing = (plan: SitePlan): boolean =>
  plan.settings.length === 0 &&
  plan.isJudgedSame &&
  KINDS.every((kind) => {
    const { added, removed, changed } = plan[kind];
    return added.length + removed.length + changed.length === 0;
  });

/** The entry that tells of a changed site. `time`: RFC 3339 with the site's offset. */
export const siteChanged = (time: string, data: SiteChanged): EntryDraft<SiteChanged> => ({
  type: SITE_CHANGED,
  subject: 'site',
  time,
  data,
});
