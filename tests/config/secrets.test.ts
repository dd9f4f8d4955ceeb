// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references in a site's files look like placeholders.
import { expect, test } from 'vitest';
import { encodeProblem } from '../../config/check-report.ts';
import { loadSite } from '../../config/load.ts';
import { standInKinds } from './stand-in-kinds.ts';
import { GOOD, problemsOf, SECRETS, writeSite } from './temporary-site.ts';

const upstream = (fields: string) => ({
  'site.yaml': `gateway: gw-1\ntimeZone: UTC\nupstreams:\n  - { id: city, kind: mqtt, ${fields} }\n`,
});

test.each([
  {
    says: 'the environment lacks it',
    fields: 'url: x, password: "${env:NOWHERE}"',
    message: 'site.yaml:4:47: password: the environment has no NOWHERE: set it where the gateway is started',
  },
  {
    says: 'the file is not there',
    fields: 'url: x, password: "${file:secrets/city}"',
    message:
      "site.yaml:4:47: password: the file secrets/city does not exist: write the secret into it, readable by the gateway's user only",
  },
  {
    says: 'the file is a directory',
    fields: 'url: x, password: "${file:rules}"',
    message: 'site.yaml:4:47: password: the file rules is not a file: put the secret into a file of that name',
  },
  {
    says: 'the reference is none',
    fields: 'url: "${CITY}"',
    message: 'site.yaml:4:34: url: a reference is written ${env:NAME} or ${file:PATH}, not ${CITY}',
  },
  {
    says: 'it stands there openly',
    fields: 'url: x, password: hunter22',
    message:
      'site.yaml:4:47: password: secrets stand in a site\'s files by reference only: write "${env:NAME}" or "${file:PATH}" and keep the secret there',
  },
  {
    says: 'a part of it stands there openly',
    fields: 'url: x, password: "hunter22${env:CITY}"',
    message:
      'site.yaml:4:47: password: secrets stand in a site\'s files by reference only: write "${env:NAME}" or "${file:PATH}" and keep the secret there',
  },
  {
    says: 'it is a private key',
    fields: 'password: "${env:CITY}", url: "-----BEGIN EC PRIVATE KEY----- MHcCAQEE"',
    message:
      'site.yaml:4:59: url: holds a private key: secrets stand in a site\'s files by reference only: write "${env:NAME}" or "${file:PATH}" and keep the secret there',
  },
  {
    says: 'it stands in a URL',
    fields: 'url: "mqtt://gw:hunter22@host:1883"',
    message:
      'site.yaml:4:34: url: holds a password: secrets stand in a site\'s files by reference only: write "${env:NAME}" or "${file:PATH}" and keep the secret there',
  },
])('a secret that cannot be used: $says', async ({ fields, message }) => {
  const problems = await problemsOf(upstream(fields));
  expect(problems).toEqual([message]);
  expect(problems.join()).not.toContain('hunter22');
});

test('a secret of people.yaml is looked for too', async () => {
  expect(
    await problemsOf({
      'people.yaml': 'contacts: [{ id: wang, name: 王, phone: "${env:WANG}" }]\n',
    }),
  ).toEqual(['people.yaml:1:40: phone: the environment has no WANG: set it where the gateway is started']);
});

test('secrets are filled in, also in part of a text and from a file', async () => {
  await using dir = await writeSite({
    ...GOOD,
    ...upstream('url: "mqtt://${env:HOST}:1883", password: "${file:secrets/city}"'),
    'secrets/city': 'battery staple\n',
  });
  const { site } = await loadSite(dir.dir, standInKinds, { env: { ...SECRETS, HOST: 'platform' } });
  expect(site?.upstreams[0]?.options).toEqual({ url: 'mqtt://platform:1883', password: 'battery staple' });
});

test('a secret is in no message, whoever wrote the message', async () => {
  const { SECRET } = { SECRET: 'correct horse' };
  await using dir = await writeSite({
    ...GOOD,
    'links.yaml': 'links:\n  - { id: bus-1, kind: serial, port: x }\n  - { id: air, kind: broker }\n',
    'profiles/p.yaml': 'profile: p\nprotocol: air\nevery: 1s\npoints: [{ id: s, quantity: x.s, json: $.s }]\n',
    // The stand-in driver puts all of a device's options into its message.
    'devices/b.yaml':
      'devices:\n  - { id: b, profile: p, link: air, topic: t, password: "${env:CITY}", scene: ["${env:CITY}"], name: { a: "${env:CITY}" } }\n  - { id: c, profile: p, link: air, topic: t, password: "${env:CITY}" }\n',
  });
  const { problems } = await loadSite(dir.dir, standInKinds, { env: SECRETS });
  const lines = problems.map(encodeProblem);
  expect(lines.join('\n')).not.toContain(SECRET);
  expect(lines).toContain('devices/b.yaml:3:11: warning: c: seen: {"topic":"t","password":"***"}');
});

test('rules and profiles have no secrets: a reference there stays text', async () => {
  await using dir = await writeSite({
    ...GOOD,
    'rules/a.yaml':
      'rules: [{ id: r, title: { zh: "${env:CITY}", en: x }, on: { device: noise-1 }, levels: { red: { above: 1 } } }]\n',
  });
  const { site } = await loadSite(dir.dir, standInKinds, { env: SECRETS });
  expect(site?.rules[0]?.title.zh).toBe('${env:CITY}');
});

test('nor is a short one, which a message would otherwise quote', async () => {
  const grade = `${GOOD['devices/a.yaml']}    asset: { grade: "\${env:SHORT}" }\n`;
  expect(await problemsOf({ 'devices/a.yaml': grade }, { env: { ...SECRETS, SHORT: 'x7' } })).toEqual([
    'devices/a.yaml:9:21: asset.grade: must be one of warning, evidence, not a secret',
  ]);
});
