import type { Action } from '../alarms/action.ts';

/** What people do about an alarm. */
export type AlarmDeed = Extract<Action, { readonly alarm: string }>['kind'];
/**
 * What else people do here: the duty book, outputs by hand, drills, jobs on links, messages that test a channel, devices
 * that are worked on, filings for night work, and the site's configuration.
 */
type OtherDeed = 'duty' | 'outputs' | 'drill' | 'jobs' | 'test-channel' | 'service' | 'permits' | 'site';

/** What a role may do; the gateway decides, the page only does not offer what it would refuse. */
export type Rights = Readonly<Record<AlarmDeed | OtherDeed, boolean>>;

const DUTY: readonly string[] = ['duty', 'admin'];
const INSTALLERS: readonly string[] = ['installer', 'admin'];
const RESPONDERS: readonly string[] = [...DUTY, 'responder'];

const MAY: Readonly<Record<keyof Rights, readonly string[]>> = {
  acknowledge: [...RESPONDERS, 'installer'],
  note: RESPONDERS,
  reset: DUTY,
  shelve: DUTY,
  unshelve: DUTY,
  dispatch: DUTY,
  accept: RESPONDERS,
  refuse: RESPONDERS,
  arrive: RESPONDERS,
  resolve: RESPONDERS,
  verify: DUTY,
  verdict: DUTY,
  pause: DUTY,
  resume: DUTY,
  duty: DUTY,
  outputs: DUTY,
  drill: DUTY,
  permits: DUTY,
  jobs: INSTALLERS,
  service: INSTALLERS,
  site: INSTALLERS,
  'test-channel': ['admin'],
};

export const rightsOf = (role: string): Rights =>
  // One right for each key, whatever it is called.
  Object.fromEntries(Object.entries(MAY).map(([deed, roles]) => [deed, roles.includes(role)])) as Rights;

/** Of one who may only look. */
export const NO_RIGHTS: Rights = rightsOf('viewer');
