import type { Zone } from '#kit/zone.ts';
import { ALARM_TYPE, type AlarmData, type ResponseTold } from '../alarms/alarm-event.ts';
import { measuredWords } from './measured-words.ts';
import { type Language, maskedName } from './people.ts';
import type { RoutedEvent } from './route.ts';
import { DUE_WORDS, LATE_WORDS, LEVEL_WORDS, PERMIT_WORDS } from './terms.ts';

/** How an entry is said to one person or group. */
export interface Saying {
  readonly language: Language;
  readonly zone: Zone;
  /** What the call is for: `reminder` asks the one who can put it right himself. */
  readonly step: string;
  /** Personal data are masked. */
  readonly isGroup: boolean;
  /** Whether that is one person; of a unit the name may be said anywhere. */
  readonly isPerson?: (name: string) => boolean;
  /** It may have been sent before. */
  readonly repeated: boolean;
  readonly deviceName: string;
  /** Until when the permit that it names is good, UTC ms. */
  readonly permitTo?: number | null;
  /** By when he is to have put it right himself, UTC ms. */
  readonly putRightBy?: number | null;
  /** What to do, from its card (处置卡). */
  readonly card?: readonly string[];
}

/** The same in short, at length, and to be spoken. */
export interface Said {
  readonly title: string;
  /** All that counts stands in its first 70 characters of UCS-2, which one short message holds. */
  readonly text: string;
  readonly speech: string;
}

const pick = (language: Language, zh: string, en: string): string => (language === 'zh' ? zh : en);

/** `22:34` in the site's zone. */
const clockOf = (at: number, zone: Zone): string => zone.encode(at).slice(11, 16);

/** What people are told of an entry of the log. */
export function say(event: RoutedEvent & { readonly time: string }, saying: Saying): Said {
  if (!event.type.startsWith(ALARM_TYPE)) return sayIncident(event, saying);
  // An entry of this type has that body.
  const data = event.data as unknown as AlarmData;
  const { language, zone, deviceName } = saying;
  const step = event.type.slice(ALARM_TYPE.length);
  const marks = [...marksOf(data.exercise, saying), ...headOf(step, data, saying)];
  const measured = measuredWords(data, language);
  const name = nameOf(data, saying);
  // What the gateway says of itself has no value that means anything to people.
  const isOwn = data.rule.startsWith('gengfu.');
  const what = isOwn
    ? `${deviceName === '' ? '' : `${name} `}${data.title[language]}`
    : name.endsWith(measured.kind) && measured.kind !== ''
      ? `${name} ${measured.amount}`
      : `${name} ${measured.whole}`;
  const time = clockOf(Date.parse(event.time), zone);
  const [full, comma] = language === 'zh' ? ['', '，'] : [' ', ', '];
  const whose = isOwn ? what : name;
  const first = step === 'returned' ? pick(language, `${whose} 恢复正常`, `${whose}: back to normal`) : what.trim();
  const title = `${brackets(marks, language)}${full}${first}`;
  const brief = [...asked(step, data, saying), ...permitWords(data, saying)].filter((part) => part !== '');
  const place = data.place.grid === null ? time : `${time} ${data.place.grid}`;
  const facts = [title, ...brief, place].join(comma);
  const card = (saying.card ?? []).map((line) => withoutPersons(line, saying.isGroup));
  const more = [...furtherWords(data, saying), ...card];
  const end = pick(language, '。', '. ');
  const text = `${[facts, ...more].map((part) => part.trim()).join(end)}${end.trim()}`;
  const spoken = [...marks, first.replace(/[()（）/]/g, ' '), ...asked(step, data, saying)].join(comma);
  return { title, text, speech: `${spoken}${end}${pick(language, '收到请按1', 'Press 1 to acknowledge.')}`.trim() };
}

const brackets = (marks: readonly string[], language: Language): string =>
  marks.map((mark) => pick(language, `【${mark}】`, `[${mark}]`)).join('');

/** An exercise is told apart before anything else is said. */
function marksOf(exercise: unknown, { language, repeated }: Pick<Saying, 'language' | 'repeated'>): readonly string[] {
  const isExercise =
    exercise === 'drill'
      ? [pick(language, '演练', 'DRILL')]
      : exercise === 'test'
        ? [pick(language, '测试', 'TEST')]
        : [];
  return [...isExercise, ...(repeated ? [pick(language, '重复', 'REPEATED')] : [])];
}

/** The level, and what the message is for. */
function headOf(step: string, data: AlarmData, { language, step: asks }: Saying): readonly string[] {
  const level = data.level === null ? [] : [LEVEL_WORDS[data.level][language]];
  if (asks === 'reminder') return [...level, pick(language, '提醒', 'Reminder')];
  if (asks.startsWith('unreached:')) return [...level, pick(language, '升级', 'Escalated')];
  switch (step) {
    case 'escalated':
      return [...level, pick(language, '超时升级', 'Escalated')];
    case 'dispatched':
      return [...level, pick(language, '派单', 'Dispatched')];
    case 'refused':
      return [...level, pick(language, '退单', 'Refused')];
    case 'verified':
      return [...level, pick(language, '返工', 'Rework')];
    case 'returned':
      return [pick(language, '恢复', 'Returned')];
    default:
      return level;
  }
}

/** Where it is: of a home, a group is not told the flat or who lives there. */
function nameOf({ scene, device }: AlarmData, { deviceName, isGroup }: Saying): string {
  const name = deviceName === '' ? device : deviceName;
  return isGroup && scene === 'home' ? withoutFlat(name) : name;
}

const withoutFlat = (name: string): string =>
  (name.split(/[,，;；]/)[0] ?? name).replace(/\d+\s*室/g, '***室').replace(/\b(flat|room|unit)\s*\d+/gi, '$1 ***');

/** What is asked of whoever reads it. */
function asked(
  step: string,
  data: AlarmData,
  { language, zone, step: asks, putRightBy, isGroup }: Saying,
): readonly string[] {
  const { response } = data;
  const due = response?.due == null ? null : clockOf(Date.parse(response.due), zone);
  const word = DUE_WORDS[response?.waitsFor ?? '']?.[language];
  const until = due === null || word === undefined ? [] : [pick(language, `${due}${word}`, `${word} ${due}`)];
  if (asks === 'reminder') {
    const by =
      putRightBy == null
        ? pick(language, '请立即', 'now')
        : pick(language, `请于${clockOf(putRightBy, zone)}前`, `by ${clockOf(putRightBy, zone)}`);
    return [pick(language, `${by}自行整改`, `put it right yourself ${by}`)];
  }
  if (asks.startsWith('unreached:'))
    return [pick(language, '前一级人员均未接通', 'nobody before you could be reached'), ...until];
  const note = data.note === null ? [] : [withoutPersons(data.note, isGroup)];
  switch (step) {
    case 'raised':
      return [...(data.again ? [pick(language, '再次告警', 'again')] : []), ...until];
    case 'level-changed': {
      const before = data.previousLevel === null ? '' : LEVEL_WORDS[data.previousLevel][language];
      return [pick(language, `由${before}升级`, `was ${before.toLowerCase()}`), ...until];
    }
    case 'escalated':
      return [LATE_WORDS[response?.late ?? '']?.[language] ?? pick(language, '处置超时', 'overdue')];
    case 'dispatched':
      return [...until, ...note];
    case 'refused':
      return [...note];
    case 'verified':
      return [pick(language, '复核不通过', 'did not pass'), ...note];
    default:
      return [];
  }
}

/** Whether the site filed for night work, where that changes what is said of it. */
function permitWords(
  { permit, scene, quantity, condition, legalLimit }: AlarmData,
  { language, zone, permitTo }: Saying,
): readonly string[] {
  const isNoise = scene === 'construction' && quantity.startsWith('noise.') && legalLimit !== null;
  if (!isNoise || condition !== 'active') return [];
  if (permit === null) return [pick(language, '未查到报备', 'no filing found')];
  const other = PERMIT_WORDS[permit.status];
  if (other !== undefined) return [other[language]];
  if (permitTo == null) return [pick(language, '已报备', 'filed')];
  return [pick(language, `已报备至 ${clockOf(permitTo, zone)}`, `filed until ${clockOf(permitTo, zone)}`)];
}

function furtherWords(data: AlarmData, saying: Saying): readonly string[] {
  const { language, isGroup } = saying;
  const { response, follows, basis, title } = data;
  return [
    // Its own alarms say it at once.
    ...(data.rule.startsWith('gengfu.') ? [] : [title[language]]),
    ...(follows === null ? [] : [pick(language, '前次告警关闭后再次发生', 'It follows an alarm that was closed')]),
    ...(response?.to == null
      ? []
      : [pick(language, `已派：${sentTo(response.to, saying)}`, `Sent: ${sentTo(response.to, saying)}`)]),
    ...(data.by === null
      ? []
      : [
          pick(
            language,
            `操作：${isGroup ? maskedName(data.by) : data.by}`,
            `By ${isGroup ? maskedName(data.by) : data.by}`,
          ),
        ]),
    ...(basis === null ? [] : [pick(language, `依据：${basis}`, `Basis: ${basis}`)]),
  ];
}

/** Whoever was sent: a person by his first character. */
const sentTo = (to: string, { isGroup, isPerson }: Saying): string =>
  isGroup && isPerson?.(to) === true ? maskedName(to) : withoutPersons(to, isGroup);

/** Also as people write them: `138 1234 5678`, `138-1234-5678`. */
const PHONES = /(?<!\d)(1[3-9]\d)[ -]?\d{4}[ -]?(\d{4})(?!\d)/g;

/** In a group, numbers that somebody wrote into a note or a card are masked as well. */
export const withoutPersons = (text: string, isGroup: boolean): string =>
  isGroup ? text.replace(PHONES, '$1****$2') : text;

/** Many alarms told as one. */
function sayIncident({ type, data }: RoutedEvent, saying: Saying): Said {
  const { language } = saying;
  const level =
    typeof data.level === 'string' && data.level in LEVEL_WORDS
      ? [LEVEL_WORDS[data.level as keyof typeof LEVEL_WORDS][language]]
      : [];
  const isOver = type.endsWith('.closed');
  const kind = pick(language, isOver ? '合并告警结束' : '合并告警', isOver ? 'Incident over' : 'Incident');
  const { acknowledged, response } = data as {
    readonly acknowledged?: boolean;
    readonly response?: ResponseTold | null;
  };
  const late = type.endsWith('.escalated');
  const isUp = late || saying.step.startsWith('incident-unreached');
  const up = isUp ? [pick(language, late ? '超时升级' : '升级', 'Escalated')] : [];
  const marks = brackets([...marksOf(data.exercise, saying), ...level, ...up, kind], language);
  const count = typeof data.count === 'number' ? data.count : 0;
  const { firstOut } = data as { readonly firstOut?: { readonly subject?: unknown } };
  const subject = typeof firstOut?.subject === 'string' ? firstOut.subject : '';
  // Of which scene it is, an incident does not say.
  const first =
    saying.deviceName === '' ? subject : saying.isGroup ? withoutFlat(saying.deviceName) : saying.deviceName;
  const title = `${marks}${pick(language, `共 ${count} 条告警`, ` ${count} alarms`)}`;
  const due = response?.due == null || isUp ? null : clockOf(Date.parse(response.due), saying.zone);
  const asks = [
    ...(late ? [LATE_WORDS[response?.late ?? '']?.[language] ?? pick(language, '处置超时', 'overdue')] : []),
    ...(isUp && !late ? [pick(language, '前一级人员均未接通', 'nobody before you could be reached')] : []),
    ...(isOver && acknowledged === false ? [pick(language, '尚有告警未确认', 'some were not acknowledged')] : []),
    ...(due === null ? [] : [pick(language, `${due}前确认`, `acknowledge by ${due}`)]),
  ];
  const comma = pick(language, '，', ', ');
  const from = first === '' ? [] : [pick(language, `首出：${first}`, `first: ${first}`)];
  const text = `${[title, ...asks, ...from].join(comma)}${pick(language, '。', '.')}`;
  const spoken = [title.replace(/[【】[\]]/g, ' '), ...asks].join(comma);
  return { title, text, speech: `${spoken}${pick(language, '，收到请按1', ', press 1 to acknowledge')}`.trim() };
}
