import { z } from 'zod';
import { dayWindow, duration, id, level } from './fields.ts';

/** 日常, then the four levels of emergency response, the highest last. */
export const MODES = ['routine', 'IV', 'III', 'II', 'I'] as const;

/** Words that stand for whoever the roster names. */
export const ROSTERED = ['duty', 'leader'] as const;

const named = z.string().trim().min(1).max(60);
const oneOrMore = z.union([named.transform((one) => [one]), z.array(named).min(1)]);

/** A mobile number of mainland China, a landline with its area code, `+` and a country, or a short number such as 12345. */
const PHONE = /^(1[3-9]\d{9}|0\d{2,3}-?\d{7,8}|\+[1-9]\d{6,14}|\d{3,6})$/;
/** A reference that was not filled in, which is told by itself. */
const isOpen = (text: string): boolean => text.startsWith('${');
const phone = z
  .string({ error: 'must be text: put the number in quotes' })
  .transform((text) => text.replace(/[\s()]/g, ''))
  .refine((text) => PHONE.test(text) || isOpen(text), {
    error: 'is no phone number: 11 digits of a mobile, a landline with its area code, or + and the country',
  })
  .transform((text) => text.replace('-', ''));
const EMAIL = /^[^\s@<>,;"]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$/;
const email = z
  .string()
  .refine((text) => EMAIL.test(text) || isOpen(text), { error: 'is no email address: name@domain' });

const language = z.enum(['zh', 'en']).default('zh');

const contact = z.strictObject({
  id,
  name: named,
  phone: phone.optional(),
  email: email.optional(),
  /** Who it is in the company of a robot. */
  user: named.optional(),
  /** Under which name he signs in here. */
  account: named.optional(),
  /** `duty`, `leader`, `manager`, `grid-worker`, `fire-post`, `family` … */
  roles: z.array(id).default([]),
  /** Cells of the city's grid that he is there for; `JS` is all of `JS-01`, `JS-02` … */
  grids: z.array(named).default([]),
  /** Devices that he is there for: his shop's, his family's. */
  devices: z.array(named).default([]),
  language,
  /** Not called then, but for smoke and red (免打扰时段). */
  quiet: dayWindow.optional(),
  /** Instead of the channels of all. */
  channels: z.array(id).min(1).optional(),
});

/** A unit that is dispatched: the drainage crew, the night patrol. */
const team = z.strictObject({ id, name: named, people: z.array(id).min(1) });

/** A group of a robot, where personal data are masked. */
const group = z.strictObject({ id, name: named, channel: id, language });

const mode = z.enum(MODES);

const shift = z.strictObject({
  id,
  name: named.optional(),
  when: dayWindow,
  /** 值班员. */
  duty: z.array(id).min(1),
  /** 带班领导. */
  leader: z.array(id).default([]),
  /** Only while the site is in one of these; in every mode without it. */
  modes: z.array(mode).min(1).optional(),
});

const to = z.array(named).min(1);

const route = z.strictObject({
  quantity: oneOrMore.optional(),
  scene: oneOrMore.optional(),
  grid: oneOrMore.optional(),
  device: oneOrMore.optional(),
  rule: oneOrMore.optional(),
  level: z.array(level).min(1).optional(),
  during: dayWindow.optional(),
  modes: z.array(mode).min(1).optional(),
  /** The first tier: contacts, teams, groups, roles, `duty`, `leader`. */
  to,
  /** The tiers above it; those of `escalation` without them. */
  tiers: z.array(to).min(1).optional(),
  channels: z.array(id).min(1).optional(),
  /** Who may put it right himself first (首违提醒): the others are called only after that time, unless it rises above `upTo`. */
  remind: z
    .strictObject({
      to,
      within: z
        .string()
        .regex(/^\d+(s|min|h)$/, 'must be a number and a unit of s min h, such as 15min')
        .transform(
          (text) => Number.parseInt(text, 10) * ({ s: 1000, min: 60_000, h: 3_600_000 }[text.replace(/\d/g, '')] ?? 0),
        )
        .refine((ms) => ms > 0 && ms <= 86_400_000, 'must be at most 24h'),
      upTo: level.default('yellow'),
    })
    .optional(),
});

const responseMode = z.strictObject({
  /** The share of the time that plans give: `50%` is twice as fast. */
  times: z
    .string()
    .regex(/^([1-9]|[1-9]\d|100)%$/, 'must be a share from 1% to 100%')
    .transform((text) => Number.parseInt(text, 10) / 100)
    .optional(),
});

/** A channel that is tried once a month by itself. */
const monthlyTest = z
  .strictObject({
    channel: id,
    /** A contact. */
    to: id,
    /** Of the month; a 31st does not always come. */
    day: z.int().min(1).max(28).default(1),
    at: z
      .string()
      .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day, such as "10:00"')
      .default('10:00'),
  })
  .transform(({ at, ...test }) => ({ ...test, atMinute: Number(at.slice(0, 2)) * 60 + Number(at.slice(3)) }));

/** Who is to be told, by which way: `people.yaml`, which stays on the box. */
export const peopleFile = z.strictObject({
  contacts: z.array(contact).default([]),
  teams: z.array(team).default([]),
  groups: z.array(group).default([]),
  roster: z.array(shift).default([]),
  modes: z
    .strictObject({
      routine: responseMode.optional(),
      IV: responseMode.optional(),
      III: responseMode.optional(),
      II: responseMode.optional(),
      I: responseMode.optional(),
    })
    .default({}),
  /** The tiers that a late step goes through; the first is called when an alarm is raised. */
  escalation: z
    .array(to)
    .min(1)
    .max(9)
    .default([['duty'], ['leader']]),
  /** The first that fits decides; without one the first tier is called. */
  routes: z.array(route).default([]),
  /** In their order: one that fails hands over to the next. */
  channels: z.array(id).default([]),
  /** The same for smoke and red. */
  urgentChannels: z.array(id).optional(),
  /** Real messages that prove once a month that a channel works. */
  tests: z.array(monthlyTest).max(50).default([]),
  /** Where phones reach the gateway: whoever is called gets a link of his own, good for so long, to answer without an account. */
  links: z
    .strictObject({
      url: z
        .url({ protocol: /^https?$/, error: 'must be http://… or https://…' })
        .transform((url) => url.replace(/\/+$/, '')),
      within: duration.prefault('24h'),
    })
    .optional(),
});
export type SitePeople = z.output<typeof peopleFile>;
