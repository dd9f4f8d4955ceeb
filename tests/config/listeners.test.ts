// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references in a site's files look like placeholders.
import { expect, test } from 'vitest';
import { linkFieldsOf } from '../../config/broker-listens.ts';
import { encodeProblem } from '../../config/check-report.ts';
import { loadSite } from '../../config/load.ts';
import { kinds } from '../../gateway/kinds.ts';
import { writeSite } from './temporary-site.ts';

const AIR = '{ id: air, kind: mqtt }';

test.each([
  {
    says: 'nobody says where a broker listens',
    links: [AIR, '{ id: air-2, kind: mqtt, listen: "127.0.0.1:1883" }'],
    problems: [
      'site.yaml:4:5: link air: nobody says where its broker listens; give site.yaml broker: { listen: "127.0.0.1:1883" }, or the link a listen of its own',
    ],
  },
  { says: "the site's broker", site: 'broker: { listen: "127.0.0.1:1883" }', links: [AIR], problems: [] },
  {
    says: 'two links on the broker of the site',
    site: 'broker: { listen: "127.0.0.1:1883" }',
    links: [AIR, '{ id: air-2, kind: mqtt }'],
    problems: [
      'site.yaml:6:5: link air-2: 127.0.0.1:1883 is where link air listens: give it a listen of its own, or put its devices on that link',
    ],
  },
  {
    says: 'two links on addresses that meet, however they are written',
    links: [
      '{ id: a, kind: mqtt, listen: "0.0.0.0:1883" }',
      '{ id: b, kind: mqtt, listen: "10.0.0.1:1883" }',
      '{ id: c, kind: mqtt, listen: "127.0.0.1:1884" }',
      '{ id: d, kind: mqtt, listen: "localhost:1884" }',
    ],
    problems: [
      'site.yaml:5:34: link b: 10.0.0.1:1883 is where link a listens: give it a listen of its own, or put its devices on that link',
      'site.yaml:7:34: link d: localhost:1884 is where link c listens: give it a listen of its own, or put its devices on that link',
    ],
  },
  {
    says: 'addresses that do not meet, and ports that the system chooses',
    links: [
      '{ id: a, kind: mqtt, listen: "10.0.0.1:1883" }',
      '{ id: b, kind: mqtt, listen: "10.0.0.2:1883" }',
      '{ id: c, kind: mqtt, listen: "127.0.0.1:0" }',
      '{ id: d, kind: mqtt, listen: "127.0.0.1:0" }',
    ],
    problems: [],
  },
  {
    says: "the broker on the console's port, said or not: told once",
    site: 'broker: { listen: "0.0.0.0:8080" }',
    links: [AIR],
    problems: [
      'site.yaml:3:19: warning: broker.listen: 0.0.0.0:8080 is where the console listens: give it another port',
    ],
  },
  {
    says: "a link on the console's port",
    site: 'console: { listen: "[::1]:9000" }',
    links: ['{ id: a, kind: mqtt, listen: "[::1]:9000" }'],
    problems: ['site.yaml:5:34: link a: [::1]:9000 is where the console listens: give it another port'],
  },
  {
    says: 'a broker by TLS and WebSocket only',
    site: 'broker: { tls: { listen: "0.0.0.0:8883", cert: c, key: k }, websocket: { listen: "0.0.0.0:8884", tls: true } }',
    links: [AIR],
    problems: [],
  },
  {
    says: 'a broker without an address, and a WebSocket with a certificate that is not there',
    site: 'broker: { websocket: { listen: "127.0.0.1:8884", path: mqtt, tls: true } }',
    links: [AIR],
    problems: [
      'site.yaml:3:56: broker.websocket.path: must begin with / (this is text "mqtt")',
      'site.yaml:3:67: broker.websocket.tls: needs a certificate: give broker.tls its listen, cert and key',
    ],
  },
  {
    says: 'two of its listeners at one address, and one where the console listens',
    site: 'broker: { listen: "127.0.0.1:8080", tls: { listen: "127.0.0.1:8080", cert: c, key: k } }',
    links: [],
    problems: [
      'site.yaml:3:19: warning: broker.listen: 127.0.0.1:8080 is where the console listens: give it another port',
      'site.yaml:3:52: broker.tls.listen: 127.0.0.1:8080 is also broker.listen: give it another port',
      'site.yaml:3:52: warning: broker.tls.listen: 127.0.0.1:8080 is where the console listens: give it another port',
    ],
  },
  {
    says: 'a link with one listener of its own does not listen where the site’s broker does',
    site: 'broker: { listen: "127.0.0.1:1883" }',
    links: [
      AIR,
      '{ id: b, kind: mqtt, tls: { listen: "127.0.0.1:8883", cert: c, key: k } }',
      '{ id: c, kind: mqtt, websocket: { listen: "127.0.0.1:8883" } }',
    ],
    problems: [
      'site.yaml:7:47: link c: 127.0.0.1:8883 is where link b listens: give it a listen of its own, or put its devices on that link',
    ],
  },
  {
    says: 'links of other kinds that listen',
    site: 'broker: { listen: "0.0.0.0:1883" }',
    links: [
      AIR,
      '{ id: a, kind: http, local: true, listen: "127.0.0.1:1883" }',
      '{ id: b, kind: hj212, listen: "127.0.0.1:8080" }',
      '{ id: c, kind: http, local: true, listen: "127.0.0.1:8081" }',
    ],
    problems: [
      'site.yaml:6:47: link a: 127.0.0.1:1883 is where link air listens: give it a listen of its own, or put its devices on that link',
      'site.yaml:7:35: link b: 127.0.0.1:8080 is where the console listens: give it another port',
    ],
  },
  {
    says: 'what is wrong with a link by itself is told at the link, also where it has no devices',
    links: [
      '{ id: open, kind: http, listen: "0.0.0.0:8081" }',
      '{ id: neither, kind: http, local: true }',
      '{ id: both, kind: http, local: true, listen: "127.0.0.1:8082", pull: { url: "https://r.example/m" } }',
    ],
    problems: [
      "site.yaml:4:23: warning: link open, kind: its devices reach the gateway over a line from outside: while that is down there is no alarm from them; set local: true if they stand on the box's own network",
      'site.yaml:4:37: link open, listen: anybody who reaches it could push: give it auth',
      'site.yaml:5:5: link neither, listen: give it either listen: HOST:PORT or pull: { url }',
      'site.yaml:6:68: link both, pull: give it either listen: HOST:PORT or pull: { url }',
    ],
  },
])('$says', async ({ site = '', links, problems }) => {
  const lines = links.map((link) => `  - ${link}\n`).join('');
  const more = site === '' ? '' : `${site}\n`;
  await using dir = await writeSite({ 'site.yaml': `gateway: g\ntimeZone: UTC\n${more}links:\n${lines}` });
  const loaded = await loadSite(dir.dir, kinds);
  expect(loaded.problems.map(encodeProblem)).toEqual(problems);
});

test('a broker’s certificate and its key may be references, and a link takes them over', async () => {
  await using dir = await writeSite({
    'site.yaml': [
      'gateway: g',
      'timeZone: UTC',
      'broker:',
      '  listen: "[::1]:1883"',
      '  tls: { listen: "127.0.0.1:8883", cert: /etc/cert.pem, key: "${file:tls/key.pem}", ca: "${env:CA}" }',
      '  websocket: { listen: "127.0.0.1:8884" }',
      '',
    ].join('\n'),
    'tls/key.pem': '-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----\n',
  });
  const { site, problems } = await loadSite(dir.dir, kinds, { env: { CA: 'ca.pem' } });
  expect(problems).toEqual([]);
  const key = '-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----';
  expect(site?.broker && linkFieldsOf(site.broker)).toEqual({
    listen: '[::1]:1883',
    tls: { listen: '127.0.0.1:8883', cert: '/etc/cert.pem', key, ca: 'ca.pem' },
    websocket: { listen: '127.0.0.1:8884', path: '/mqtt', tls: false },
  });
});
