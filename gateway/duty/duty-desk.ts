import { join } from 'node:path';
import type { Clock } from '#kit/clock.ts';
import { textOf } from '#kit/fault.ts';
import type { Log } from '#kit/log.ts';
import type { Alarm } from '../alarms/alarm.ts';
import { type ApiContext, RESPONSE_PHOTO_BYTES } from '../api/context.ts';
import { Photos } from '../commissioning/assets-photos.ts';
import type { LiveJudge } from '../judge/live-judge.ts';
import type { GatewaySite } from '../kinds.ts';
import type { Accounts } from '../ledger/accounts.ts';
import type { Call } from '../notify/call.ts';
import { measuredWords } from '../notify/measured-words.ts';
import { type Contact, NOBODY } from '../notify/people.ts';
import { whomOf } from '../notify/route.ts';
import { LEVEL_WORDS } from '../notify/terms.ts';
import { DutyBook } from './duty.ts';
import { ResponderLinks } from './responder-links.ts';
import { cardLines, cardsOf } from './site-cards.ts';

export interface DutyDeskOptions {
  readonly site: () => GatewaySite;
  readonly live: LiveJudge;
  readonly accounts: Accounts;
  readonly saved: ReadonlyMap<string, object>;
  readonly clock: Clock;
  readonly wire: Clock;
  readonly log: Log;
  readonly data: string;
}

/** What is of the duty desk: who is on duty, the links of those who are sent, the cards of what to do. */
export interface OpenDutyDesk extends Pick<ApiContext, 'cards' | 'nightOf' | 'isSentTo' | 'photos'> {
  readonly duty: DutyBook;
  readonly responders: ResponderLinks;
  linkFor(call: Call, contact: Contact): string | null;
}

/** From the spot, of one alarm and of all; the oldest alarm's go when there are more. */
const PHOTOS_AT_MOST = { bytes: RESPONSE_PHOTO_BYTES, ofDevice: 20, inAll: 500 * 2 ** 20, isRing: true };

/** A night, and what comes before the next, belongs to the date on which it began: it ends at 06:00. */
const DAY_BEGINS_MS = 6 * 3_600_000;

export function openDutyDesk({ site, live, accounts, saved, clock, wire, log, data }: DutyDeskOptions): OpenDutyDesk {
  const { judge } = live;
  const duty = new DutyBook({
    ...{ saved, clock },
    people: () => site().people,
    zone: () => judge.zone,
    alarms: () => live.alarms,
    keep: (told, states) => live.tell(told, states),
    setPace: (share) => judge.setPace(share),
  });
  const photos = new Photos(join(data, 'responses'), PHOTOS_AT_MOST);
  const cards = (alarm: Alarm) => cardsOf(site().cards, alarm);
  const sentTo = (alarm: Alarm, to: string) =>
    whomOf(
      [to],
      alarm.watch,
      { people: site().people ?? NOBODY, zone: judge.zone, standing: duty.standing },
      clock.now(),
    ).contacts;
  const responders = new ResponderLinks({
    ...{ saved, clock, wire },
    keep: (states) => live.tell([], states),
    audit: (line) => {
      accounts.audit(line).catch((error: unknown) => {
        log.error({ what: line.what, error: textOf(error) }, 'audit line not stored');
      });
    },
    alarm: (id) => judge.alarms.find(id),
    contact: (id) => site().people?.contacts.find((contact) => contact.id === id),
    isSent: (alarm, person) => {
      const to = alarm.response?.to ?? null;
      return to !== null && sentTo(alarm, to).some(({ id }) => id === person);
    },
    act: (action) => live.act(action),
    speak: (alarm, { language }) => ({
      ...wordsOf(alarm, language, (at) => judge.zone.encode(at).slice(11, 16)),
      card: cardLines(cards(alarm), language),
    }),
    addPhoto: async (alarm, bytes) => (await photos.add(alarm, bytes, clock.now())).name,
  });
  return {
    ...{ duty, responders, cards, photos },
    isSentTo(account, id) {
      const alarm = judge.alarms.find(id);
      const to = alarm?.response?.to ?? null;
      // Nobody was sent, or there is no such alarm: the action says so itself.
      if (alarm === null || to === null || to === account) return true;
      const contacts = sentTo(alarm, to);
      return contacts.length === 0 || contacts.some((contact) => contact.account === account);
    },
    nightOf: (at) => judge.zone.date(at - DAY_BEGINS_MS),
    linkFor({ alarm, step }, { id }) {
      const links = site().people?.links;
      const isSent = step.startsWith('dispatched:') || step.startsWith('rework:');
      return links === undefined || !isSent ? null : `${links.url}/r/${responders.mint(alarm, id, links.within)}`;
    },
  };
}

/** An alarm as it is now, for whoever was sent to it. */
function wordsOf(alarm: Alarm, language: 'zh' | 'en', timeOf: (at: number) => string): { title: string; text: string } {
  const { watch, value, level, condition, exercise } = alarm;
  const isZh = language === 'zh';
  const mark =
    exercise === undefined
      ? ''
      : isZh
        ? `【${exercise === 'drill' ? '演练' : '测试'}】`
        : `[${exercise.toUpperCase()}] `;
  const said = level === null ? '' : isZh ? `【${LEVEL_WORDS[level].zh}】` : `[${LEVEL_WORDS[level].en}] `;
  const excess = null;
  const { whole } = measuredWords({ ...watch, value, excess }, language);
  const now = condition === 'normal' ? (isZh ? '已恢复正常' : 'back to normal') : whole;
  const due = alarm.response?.clocks.find(({ step }) => step !== 'acknowledge')?.dueAt ?? null;
  const until = due === null ? '' : isZh ? `，时限 ${timeOf(due)}` : `, due ${timeOf(due)}`;
  const raised = isZh ? `告警于 ${timeOf(alarm.raisedAt)}` : `raised at ${timeOf(alarm.raisedAt)}`;
  return {
    title: `${mark}${said}${watch.deviceName} ${now}`,
    text: `${watch.title[language]}${isZh ? '，' : ', '}${raised}${until}${watch.place.grid === null ? '' : ` ${watch.place.grid}`}`,
  };
}
