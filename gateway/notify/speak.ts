import { ALARM_TYPE, type AlarmData } from '../alarms/alarm-event.ts';
import type { Level } from '../rules/finding.ts';
import type { Call } from './call.ts';
import type { Spoken } from './caller-context.ts';
import type { Channel, Message, Recipient } from './channels/channel.ts';
import type { Contact, Language, People } from './people.ts';
import { replyCode } from './replies.ts';
import { type Roll, routeOf } from './route.ts';
import type { ToldEvent } from './told-events.ts';
import { say } from './words.ts';

/** What a message may say beside its event. */
export interface Around extends Roll {
  readonly points: readonly { readonly key: string; readonly deviceName: string }[];
  /** What its cards (处置卡) say to do. */
  card(data: AlarmData, language: Language): readonly string[];
  /** Until when a permit is good, UTC ms; null where that cannot be said in one time. */
  permitTo(id: string): number | null;
  linkFor?(call: Call, contact: Contact): string | null;
  /** The highest level of what stands now, of that which a group is told of. */
  levelOf(group: string): Level | null;
}

/** Who is reminded has so long from when it was told (首违提醒). */
function putRightBy({ step, wantedAt }: Call, data: AlarmData, roll: Roll): number | null {
  const within = step === 'reminder' ? routeOf(data, roll, wantedAt)?.remind?.within : undefined;
  return within === undefined ? null : wantedAt + within;
}

/** What is said by a channel of that kind, and to whom; null when whom it names is not there any more. */
export function speak(call: Call, event: ToldEvent, around: Around, kind: Channel | undefined): Spoken | null {
  const { people, zone } = around;
  const contact = people.contacts.find(({ id }) => call.to.kind === 'person' && id === call.to.id);
  const group = people.groups.find(({ id }) => call.to.kind === 'group' && id === call.to.id);
  const language = contact?.language ?? group?.language;
  if (language === undefined) return null;
  // An entry of this type has that body; an incident's has none of these.
  const data = event.type.startsWith(ALARM_TYPE) ? (event.data as unknown as AlarmData) : null;
  const key = data === null ? firstOf(event) : `${data.device}/${data.point}`;
  const point = around.points.find((each) => each.key === key);
  const said = say(event, {
    ...{ language, zone, step: call.step, repeated: call.repeated },
    isGroup: kind?.reach === 'group',
    isPerson: (name) => isPerson(name, people),
    deviceName: point?.deviceName ?? '',
    permitTo: data?.permit == null ? null : around.permitTo(data.permit.id),
    putRightBy: data === null ? null : putRightBy(call, data, around),
    card: data === null ? [] : around.card(data, language),
  });
  const code = replyCode(call.sequence);
  const reply = kind?.kind === 'sms' ? (language === 'zh' ? `回复${code}确认。` : `Reply ${code} to acknowledge.`) : '';
  const link = contact === undefined ? null : (around.linkFor?.(call, contact) ?? null);
  const message: Message = {
    id: `${call.sequence}:${call.to.kind}:${call.to.id}`,
    title: said.title,
    text: [said.text, reply].filter((part) => part !== '').join(language === 'zh' ? '' : ' '),
    speech: said.speech,
    // A board shows how it stands, whichever of its alarms has changed.
    level: group !== undefined && kind?.shows === 'state' ? around.levelOf(group.id) : (data?.level ?? null),
    isExercise: event.data.exercise === 'drill' || event.data.exercise === 'test',
    urgent: call.urgent,
    data: { ...event, call: { step: call.step, tier: call.tier, repeated: call.repeated, to: call.to } },
    link,
  };
  return { message, recipients: contact === undefined ? [] : [recipientOf(contact)] };
}

/** A team may be called as the one who leads it. */
const isPerson = (name: string, { contacts, teams }: People): boolean =>
  !teams.some((team) => team.id === name || team.name === name) &&
  contacts.some((contact) => contact.id === name || contact.name === name || contact.account === name);

/** The point of the alarm that an incident began with, which it names as `device/point/rule`. */
function firstOf({ data: { firstOut } }: ToldEvent): string {
  const isNamed = typeof firstOut === 'object' && firstOut !== null && 'subject' in firstOut;
  return isNamed ? String(firstOut.subject).split('/').slice(0, 2).join('/') : '';
}

export const recipientOf = ({ id, name, phone, email, user }: Contact): Recipient => ({
  person: id,
  name,
  phone: phone ?? null,
  email: email ?? null,
  user: user ?? null,
});
