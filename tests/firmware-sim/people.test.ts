import { once } from 'node:events';
import { createServer } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { parseScenario } from '../../firmware-sim/load.ts';
import { runPeople } from '../../firmware-sim/people.ts';
import { openSimTime } from '../../firmware-sim/sim-time.ts';

const scenario = parseScenario(`
scenario: desk
start: 2026-07-15T21:30:00+08:00
end: 2026-07-15T22:30:00+08:00
links: {}
devices: []
people:
  - { at: "21:31", by: duty, do: acknowledge, alarm: a@d/p, note: 已短信提醒 }
  - { at: "21:31", by: duty, do: dispatch, alarm: a@d/p, to: patrol }
  - { at: "21:31:30", by: patrol, do: arrive, alarm: a@d/p }
  - { at: "21:31:40", by: gateway, do: escalate, alarm: a@d/p }
  - { at: "21:32", by: duty, do: acknowledge, alarm: seen@d/p }
  - { at: "21:33", by: duty, do: acknowledge, alarm: late@d/p }
  - { at: "21:34", by: duty, do: hand-over, alarm: a@d/p, to: leader, note: 未办结 }
`);

/** A gateway's API as it is documented, with three alarms; the third comes on the second look after 21:33. */
async function fakeGateway() {
  const asked: string[] = [];
  let looks = 0;
  const alarm = (id: string, key: string, acknowledged: boolean) => ({ id, acknowledged, watch: { key } });
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const answer = (status: number, value: unknown, headers: Record<string, string> = {}) => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
    };
    if (request.method === 'POST') asked.push(`${request.url} ${request.headers['content-type']} ${body}`);
    if (request.url === '/api/v1/sign-in') return answer(200, {}, { 'set-cookie': 'session=s1; HttpOnly; Path=/' });
    if (request.headers.cookie !== 'session=s1') return answer(401, {});
    if (request.method === 'POST') return answer(200, { status: 'done' });
    if (asked.some((line) => line.includes('arrive'))) looks++;
    const late = looks > 2 ? [alarm('id-late', 'late@d/p', false)] : [];
    return answer(200, { alarms: [alarm('id-a', 'a@d/p', false), alarm('id-seen', 'seen@d/p', true), ...late] });
  }).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { url: `http://127.0.0.1:${address.port}`, asked };
}

const ACCOUNTS = { duty: { name: '王', password: 'secret' }, patrol: { name: '夜巡', password: 'secret' } };

test('people sign in once each, do at their times what is theirs, with their words, and leave what a visitor did', async () => {
  const { url, asked } = await fakeGateway();
  const lines: string[] = [];
  const time = openSimTime(scenario.start, Date.now(), 600);
  const access = { url, accounts: ACCOUNTS, patienceMs: 60_000 };
  await runPeople(scenario, time, access, new AbortController().signal, (line) => lines.push(line));
  expect(asked.toSorted()).toEqual([
    '/api/v1/actions application/json {"kind":"acknowledge","alarm":"id-a","note":"已短信提醒"}',
    '/api/v1/actions application/json {"kind":"acknowledge","alarm":"id-late"}',
    '/api/v1/actions application/json {"kind":"arrive","alarm":"id-a"}',
    '/api/v1/actions application/json {"kind":"dispatch","alarm":"id-a","to":"patrol"}',
    '/api/v1/duty/hand-over application/json {"to":["leader"],"note":"未办结"}',
    '/api/v1/sign-in application/json {"name":"夜巡","password":"secret"}',
    '/api/v1/sign-in application/json {"name":"王","password":"secret"}',
  ]);
  expect(new Set(lines.map((line) => line.split('  ').slice(1).join(' ')))).toEqual(
    new Set([
      'duty acknowledge a@d/p done: 已短信提醒',
      'duty dispatch a@d/p done',
      'patrol arrive a@d/p done',
      'duty hand-over a@d/p done: 未办结',
      'duty acknowledge seen@d/p was done already',
      'duty acknowledge late@d/p done',
    ]),
  );
});

test('a gateway that is away is told of, and the other steps are tried all the same', async () => {
  const lines: string[] = [];
  const time = openSimTime(scenario.start, Date.now(), 6000);
  const access = { url: 'http://127.0.0.1:1', accounts: ACCOUNTS, patienceMs: 300 };
  await runPeople(scenario, time, access, new AbortController().signal, (line) => lines.push(line));
  expect(lines).toHaveLength(6);
  expect(lines.every((line) => line.includes('fetch failed'))).toBe(true);
});
