import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { loadSite } from '../../config/load.ts';
import { standInKinds } from './stand-in-kinds.ts';
import { GOOD, problemsOf, SECRETS, writeSite } from './temporary-site.ts';

const GOOD_PEOPLE = `contacts:
  - { id: li, name: 李娜, phone: "138 1234 5678", roles: [duty], grids: [JS], quiet: "23:00-07:00" }
  - { id: wang, name: 王强, phone: "0573-82820000", email: wang@example.cn, roles: [leader] }
  - { id: shop, name: 烧烤店主, phone: "+8613900001111", roles: [manager], devices: [noise-1], language: en }
teams: [{ id: patrol, name: 夜巡队, people: [wang] }]
groups: [{ id: desk, name: 值守群, channel: robot }]
roster: [{ id: always, when: "00:00-24:00", duty: [li], leader: [wang] }]
routes:
  - { scene: construction, to: [duty, desk], remind: { to: [manager], within: 15min } }
channels: [sms]
`;

const kinds = { ...standInKinds, channels: [{ kind: 'any', options: z.strictObject({}) }] };
const CHANNELS = `channels: [${['sms', 'robot', 'call', 'dingtalk'].map((id) => `{ id: ${id}, kind: any }`).join(', ')}]\n`;

const loaded = async (people: string) => {
  const site = { ...GOOD, 'site.yaml': `${GOOD['site.yaml']}${CHANNELS}`, 'people.yaml': people };
  await using written = await writeSite(site);
  return await loadSite(written.dir, kinds, { env: SECRETS });
};

test('a good people.yaml is read whole', async () => {
  const { site, problems } = await loaded(GOOD_PEOPLE);
  expect(problems).toEqual([]);
  expect(site?.people?.contacts.map(({ id, phone }) => `${id} ${phone}`)).toEqual([
    'li 13812345678',
    'wang 057382820000',
    'shop +8613900001111',
  ]);
  expect(site?.people?.escalation).toEqual([['duty'], ['leader']]);
  expect(site?.people?.routes[0]).toMatchObject({ remind: { to: ['manager'], within: 900_000, upTo: 'yellow' } });
});

test('without the file nobody is called', async () => {
  expect((await loaded('')).site?.people).toBeNull();
});

test('the first people.yaml is right, and so is its example', async () => {
  const text = await readFile(join(import.meta.dirname, '../../config/first-site/people.yaml'), 'utf8');
  expect((await loaded(text)).problems).toEqual([]);
  const keys =
    /^# ((?:contacts|teams|groups|roster|modes|escalation|routes|channels|urgentChannels):(?: [[{].*)?| {2}.*)$/;
  const example = text
    .split('\n')
    .flatMap((line) => keys.exec(line)?.[1] ?? [])
    .join('\n')
    .replace(/fume-03|smoke-12/g, 'noise-1');
  const { site, problems } = await loaded(example);
  expect(problems).toEqual([]);
  expect(site?.people?.contacts).toHaveLength(6);
  expect(site?.people?.routes).toHaveLength(2);
});

const contact = (fields: string) => `contacts: [{ id: li, name: 李娜, ${fields} }]\n`;

test.each([
  ['a number of too few digits', contact('phone: "1381234567"'), '1:39: contacts.phone: is no phone number'],
  [
    'a number without quotes',
    contact('phone: 13812345678'),
    '1:39: contacts.phone: must be text: put the number in quotes',
  ],
  [
    'an address that is none',
    contact('phone: "110", email: li.example.cn'),
    '1:53: contacts.email: is no email address',
  ],
  ['a key that nobody knows', contact('phone: "110", fone: "1"'), '1:46: unknown key "fone": known: id, name, phone'],
  [
    'a team of nobody known',
    `${contact('phone: "110"')}teams: [{ id: t, name: 队, people: [lii] }]\n`,
    '2:36: teams.people: there is no contact "lii"; did you mean "li"?',
  ],
  [
    'one id twice',
    `${contact('phone: "110"')}teams: [{ id: li, name: 队, people: [li] }]\n`,
    '2:15: id: there is a contact "li" already',
  ],
  [
    'a shift of nobody known',
    `${contact('phone: "110"')}roster: [{ id: n, when: "00:00-24:00", duty: [lo] }]\n`,
    '2:47: roster.duty: there is no contact "lo"',
  ],
  [
    'a tier that leads nowhere',
    `${contact('phone: "110"')}escalation: [[duty], [boss]]\n`,
    '2:23: escalation: there is no contact, team, group or role "boss"',
  ],
  [
    'a route that leads nowhere',
    `${contact('phone: "110"')}routes: [{ scene: home, to: [faamily] }]\n`,
    '2:30: routes.to: there is no contact',
  ],
  [
    'a device that is not there',
    `${contact('phone: "110", devices: [noise-2]')}`,
    '1:56: contacts.device: there is no device "noise-2"; did you mean "noise-1"?',
  ],
  [
    'a person whom nothing reaches',
    'contacts: [{ id: li, name: 李娜 }]\n',
    '1:12: warning: contact li has no phone, email or user',
  ],
  [
    'a channel that the site does not have',
    `${contact('phone: "110"')}channels: [sms]\n`,
    '2:12: channels: there is no channel "sms" in site.yaml; there is none',
  ],
  [
    'hours without anybody',
    `${contact('phone: "110"')}roster: [{ id: n, when: "08:00-20:00", duty: [li] }]\n`,
    '2:1: warning: roster: nobody is on duty on Mondays at 00:00',
  ],
])('%s is told at its place', async (_, people, expected) => {
  const [problem, ...others] = await problemsOf({ 'people.yaml': people });
  expect(problem).toContain(`people.yaml:${expected}`);
  expect(others).toEqual([]);
});

test.each([
  [
    'a test by a channel that is not there',
    'tests: [{ channel: smz, to: li }]',
    'tests.channel: there is no channel "smz"',
  ],
  ['a test to nobody known', 'tests: [{ channel: sms, to: lo }]', 'tests.to: there is no contact "lo"'],
  ['a test on a day that not every month has', 'tests: [{ channel: sms, to: li, day: 31 }]', 'tests.day: '],
  ['a test at no time', 'tests: [{ channel: sms, to: li, at: "25:00" }]', 'tests.at: must be a time of day'],
])('%s is told', async (_, line, expected) => {
  const { problems } = await loaded(`${GOOD_PEOPLE}${line}\n`);
  expect(problems.map(({ message }) => message).join('\n')).toContain(expected);
});

test('a monthly test is read, and people whom no channel calls are told of', async () => {
  const { site, problems } = await loaded(`${GOOD_PEOPLE}tests: [{ channel: sms, to: li, day: 5 }]\n`);
  expect(problems).toEqual([]);
  expect(site?.people?.tests).toEqual([{ channel: 'sms', to: 'li', day: 5, atMinute: 600 }]);
  const none = await loaded(GOOD_PEOPLE.replace('channels: [sms]\n', ''));
  expect(none.problems.map(({ message }) => message).join('\n')).toContain('is called by none');
});

/** Numbers, names and addresses where people put them by mistake. */
const PERSONAL = ['13812345678', '李娜李娜', 'li.na@example.cn'];
test.each([
  'contacts: [{ id: li, name: 李娜李娜, phone: "13812345678", mobile: 13812345678 }]',
  'contacts: { li: { name: 李娜李娜, phone: "13812345678" } }',
  'contacts:\n  - id: li\n    name: 李娜李娜\n   phone: "13812345678"\n',
  'contacts:\n  - id: li\n    name: 李娜李娜\n    phone: "13812345678\n',
  'contacts:\n  - { id: li, name: 李娜李娜, phone: 13812345678, phone: 13812345678 }\n',
  'contacts:\n\t- { id: li, name: 李娜李娜 }\n',
  'contacts: [{ id: 李娜李娜, name: 李娜李娜, phone: "13812345678" }]',
  'contacts: [{ id: "13812345678", name: 李娜李娜 }]\nteams: [{ id: t, name: t, people: [李娜李娜, "13812345678"] }]',
  'contacts: ["李娜李娜 13812345678"]',
  '李娜李娜: "13812345678"',
  'contacts: 李娜李娜 13812345678',
  'contact: [{ id: li, name: 李娜李娜, email: li.na@example.cn }]',
  'contacts: [{ id: li, name: 李娜李娜 }]\nescalation: [[李娜李娜], ["13812345678"], [li.na@example.cn]]',
  'contacts: [{ id: li, name: 李娜李娜 }]\nroutes: [{ scene: home, to: ["13812345678"], tiers: [[王五王五]] }]',
  'contacts: [{ id: li, name: 李娜李娜 }]\nroster: [{ id: n, when: "00:00-24:00", duty: ["13812345678"] }]',
  'contacts: [{ id: li, name: { zh: 李娜李娜 }, phone: ["13812345678"] }]',
  'contacts: [*li]\nx: &li { name: 李娜李娜, phone: "13812345678" }',
  'contacts: [{ id: li, name: !!int 李娜李娜 }]',
])('however wrong it is, no message shows who it is of: %j', async (people) => {
  const problems = (await problemsOf({ 'people.yaml': people })).join('\n');
  expect(problems).toContain('people.yaml:');
  for (const secret of PERSONAL) expect(problems).not.toContain(secret);
});

test('no message shows a name, a number or an address', async () => {
  const people = `contacts:
  - { id: li, name: 李娜李娜, phone: "138123456", email: "li.na@", user: 13 }
  - { id: li, name: 李娜李娜, phone: 13812345678 }
`;
  const problems = (await problemsOf({ 'people.yaml': people })).join('\n');
  expect(problems).toContain('people.yaml:2');
  for (const secret of ['138123456', '13812345678', 'li.na@', '李娜']) expect(problems).not.toContain(secret);
});
