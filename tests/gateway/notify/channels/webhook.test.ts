import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import { describe, expect, test } from 'vitest';
import { encodeEvent, signWebhook, webhook } from '../../../../gateway/notify/channels/webhook.ts';
import { freePort } from '../../../tools/program.ts';
import { aContext, aMessage, aRecipient, NEVER } from './a-message.ts';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

interface Seen {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A receiver that answers as it is told and keeps what it saw. */
async function openReceiver(answer: RequestListener) {
  const seen: Seen[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    seen.push({ headers: request.headers, body });
    answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}/hook`,
    seen,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

const open = (url: string, options: object = {}) =>
  webhook.open('desk', webhook.options.parse({ url, secret: SECRET, timeout: '60s', ...options }), aContext());

test('the signature is that of the example of Standard Webhooks', () => {
  expect(signWebhook(SECRET, 'msg_p5jXN8AQM9LWM0D4loKWxJek', 1_614_265_330, '{"test": 2432232314}')).toBe(
    'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  );
});

test('a message is a CloudEvent, signed as it was sent, and holds nobody’s number', async () => {
  await using receiver = await openReceiver((_, response) => response.writeHead(202).end());
  await using channel = await open(receiver.url, { token: 'bearer-token' });
  expect(await channel.send(aMessage(), [aRecipient()], NEVER)).toEqual({ status: 'accepted', receipt: null });
  const { headers, body } = receiver.seen[0] ?? { headers: {}, body: '' };
  expect(headers).toMatchObject({
    'content-type': 'application/cloudevents+json; charset=utf-8',
    'webhook-id': 'nh-1/42/1',
    authorization: 'Bearer bearer-token',
  });
  expect(headers['webhook-signature']).toBe(
    signWebhook(SECRET, 'nh-1/42/1', Number(headers['webhook-timestamp']), body),
  );
  expect(JSON.parse(body)).toMatchObject({
    specversion: '1.0',
    id: 'nh-1/42/1',
    source: '/gengfu/channels/desk',
    type: 'city.gengfu.call',
    data: { title: aMessage().title, exercise: false, recipients: [{ person: 'wang' }], about: aMessage().data },
  });
  expect(body).not.toContain('13800000001');
});

test('what is a CloudEvent already stays one, under the id of the call', () => {
  const data = {
    specversion: '1.0',
    id: 'nh-1/42',
    source: '/gengfu/nh-1',
    type: 'city.gengfu.alarm.raised',
    data: { level: 'red' },
  };
  expect(JSON.parse(encodeEvent('desk', aMessage({ data }), [], 0))).toEqual({
    ...data,
    id: 'nh-1/42/1',
    time: '1970-01-01T00:00:00.000Z',
    datacontenttype: 'application/json',
  });
});

const LINK = 'https://gw.example/r/one-time-token-of-his';

describe('a receiver that', () => {
  const rows: readonly [says: string, answer: RequestListener, wanted: object][] = [
    ['takes it', (_, response) => response.writeHead(204).end(), { status: 'accepted' }],
    ['refuses it', (_, response) => response.writeHead(422).end('no'), { status: 'rejected', code: 'http-422' }],
    [
      'asks to wait',
      (_, response) => response.writeHead(429, { 'retry-after': '7' }).end(),
      { status: 'later', code: 'http-429', retryMs: 7000 },
    ],
    ['was too slow to read it', (_, response) => response.writeHead(408).end(), { status: 'later', code: 'http-408' }],
    ['is broken', (_, response) => response.writeHead(503).end(), { status: 'later', code: 'http-503', retryMs: null }],
    ['sends elsewhere', (_, response) => response.writeHead(307, { location: '/x' }).end(), { status: 'rejected' }],
    ['never answers', () => {}, { status: 'unknown', code: 'no-answer' }],
    ['hangs up', (request) => request.socket.destroy(), { status: 'unknown', code: 'cut' }],
    [
      'tells the secret back',
      (_, response) => response.writeHead(400).end(`bad ${SECRET}`),
      { status: 'rejected', message: '400 bad ***' },
    ],
    [
      'tells back what it was sent',
      (_, response) => response.writeHead(400).end(`no ou_wang at ${LINK}`),
      { status: 'rejected', message: '400 no *** at ***' },
    ],
  ];
  test.each(rows)('%s', async (says, answer, wanted) => {
    await using receiver = await openReceiver(answer);
    await using channel = await open(receiver.url, says === 'never answers' ? { timeout: '500ms' } : {});
    expect(await channel.send(aMessage({ link: LINK }), [aRecipient()], NEVER)).toMatchObject(wanted);
  });

  test('is not there: nothing has gone out', async () => {
    await using channel = await open(`http://127.0.0.1:${await freePort()}`);
    expect(await channel.send(aMessage(), [], NEVER)).toMatchObject({ status: 'later', code: 'unreachable' });
  });
});

test('an address with a token in it is refused: tokens stand in a field of their own', () => {
  for (const url of ['http://x/?token=1', 'http://u:p@x/', 'ftp://x/']) {
    expect(webhook.options.safeParse({ url }).success).toBe(false);
  }
});
