import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Message, OpenChannel, Sent } from '../../../../gateway/notify/channels/channel.ts';
import { MOST_MAILS_WAITING, smtp } from '../../../../gateway/notify/channels/smtp.ts';
import { openAuthority } from '../../../tools/certificates.ts';
import { freePort, type Running, start, testWith, until } from '../../../tools/program.ts';
import { aContext, aMessage, aRecipient, NEVER } from './a-message.ts';

const testMail = testWith('aiosmtpd');
const PASSWORD = 'pass-of-the-mail-box';

interface MailServer {
  readonly port: number;
  readonly mails: () => readonly Record<string, unknown>[];
}

async function startServer(stack: AsyncDisposableStack, ...args: string[]): Promise<MailServer> {
  const program: Running = stack.use(start('/usr/bin/python3', [join(import.meta.dirname, 'smtpd.py'), ...args]));
  const port = await until(
    () => Number(/^PORT (\d+)\n/m.exec(program.output())?.[1]),
    () => `the mail server ${program.output()}`,
  );
  const mails = () =>
    program
      .lines()
      .filter((line) => line.startsWith('{'))
      .map((line): Record<string, unknown> => JSON.parse(line));
  return { port, mails };
}

const open = (port: number, options: object = {}): Promise<OpenChannel> =>
  smtp.open(
    'mail',
    smtp.options.parse({
      host: '127.0.0.1',
      port,
      tls: 'none',
      from: 'gengfu@example.com',
      timeout: '60s',
      ...options,
    }),
    aContext(),
  );

async function sendTo(
  email: string,
  port: number,
  options: object = {},
  message: Partial<Message> = {},
): Promise<Sent> {
  await using channel = await open(port, options);
  return await channel.send(aMessage(message), [aRecipient({ email })], NEVER);
}

describe('a mail', () => {
  const stack = new AsyncDisposableStack();
  let plain: MailServer | undefined;
  let secured: MailServer | undefined;
  let ca = '';
  beforeAll(async () => {
    const dir = mkdtempSync(join(tmpdir(), 'gengfu-smtp-'));
    stack.defer(() => rmSync(dir, { recursive: true, force: true }));
    const authority = openAuthority(dir);
    const { cert, key } = authority.issue('localhost');
    ca = authority.cert;
    plain = await startServer(stack).catch(() => undefined);
    secured = await startServer(stack, '--tls', cert, key, '--login', 'gengfu', PASSWORD).catch(() => undefined);
  });
  afterAll(() => stack.disposeAsync());
  const at = (server: MailServer | undefined): MailServer => {
    if (server === undefined) throw new Error('the mail server did not start');
    return server;
  };

  testMail('comes with its Chinese subject, text and link, the same id when it is repeated', async () => {
    const { port, mails } = at(plain);
    const link = 'https://gw.example/a/1';
    for (let time = 0; time < 2; time++) {
      expect(await sendTo('wang@example.com', port, {}, { link })).toMatchObject({ status: 'accepted' });
    }
    await until(() => mails().length === 2, 'both mails');
    const [first, second] = mails();
    expect(first).toMatchObject({
      subject: aMessage().title,
      from: '更夫 <gengfu@example.com>',
      text: expect.stringContaining(`${aMessage().text}\n\n${link}`),
      'auto-submitted': 'auto-generated',
      importance: 'high',
      to: ['wang@example.com'],
      secured: false,
    });
    expect(second?.['message-id']).toBe(first?.['message-id']);
  });

  const fates: readonly [to: string, says: string, wanted: object][] = [
    ['later@example.com', 'that is refused for now comes later', { status: 'later', code: 'smtp-451' }],
    ['never@example.com', 'to nobody is rejected', { status: 'rejected', code: 'smtp-550' }],
    ['full@example.com', 'that was refused for now after its text comes later', { status: 'later', code: 'smtp-452' }],
    ['refused@example.com', 'that was refused after its text is rejected', { status: 'rejected', code: 'smtp-554' }],
    ['cut@example.com', 'whose connection was cut after its text is unknown', { status: 'unknown', code: 'cut' }],
    ['hangs@example.com', 'that is not answered is unknown', { status: 'unknown', code: 'no-answer' }],
    ['gone@example.com', 'whose connection was cut before its text comes later', { status: 'later' }],
    ['nobody', 'to what is no address is rejected', { status: 'rejected', code: 'no-address' }],
  ];
  for (const [to, says, wanted] of fates) {
    testMail(says, async () => {
      const sent = await sendTo(to, at(plain).port, to === 'hangs@example.com' ? { timeout: '500ms' } : {});
      expect(sent).toMatchObject(wanted);
      // What it answers goes into the log.
      expect(JSON.stringify(sent)).not.toContain('@example.com');
    });
  }

  testMail('goes by STARTTLS with a login', async () => {
    const { port, mails } = at(secured);
    const options = { host: 'localhost', tls: 'starttls', ca, username: 'gengfu', password: PASSWORD };
    expect(await sendTo('wang@example.com', port, options)).toMatchObject({ status: 'accepted' });
    await until(() => mails().length === 1, 'the mail');
    expect(mails()[0]).toMatchObject({ secured: true });
  });

  const mistakes: readonly [string, object, object][] = [
    ['a wrong password', { password: 'wrong-password' }, { status: 'rejected', code: 'login' }],
    ['a certificate that nobody knows', { ca: undefined }, { status: 'later', code: 'tls' }],
    ['no such file of certificates', { ca: '/nonexistent/ca.pem' }, { status: 'later' }],
  ];
  for (const [says, options, wanted] of mistakes) {
    testMail(`does not go with ${says}, and no secret is told`, async () => {
      const all = { host: 'localhost', tls: 'starttls', ca, username: 'gengfu', password: PASSWORD, ...options };
      await using channel = await open(at(secured).port, all);
      const sent = await channel.send(aMessage(), [aRecipient()], NEVER);
      expect(sent).toMatchObject(wanted);
      const shown = JSON.stringify([sent, channel.status()]);
      expect(shown).not.toContain(PASSWORD);
      expect(shown).not.toContain('wrong-password');
    });
  }

  testMail('does not go without TLS where TLS is wanted', async () => {
    expect(await sendTo('wang@example.com', at(plain).port, { tls: 'starttls' })).toMatchObject({
      status: 'later',
      code: 'tls',
    });
  });

  test('to a server that is not there comes later', async () => {
    expect(await sendTo('wang@example.com', await freePort())).toMatchObject({ status: 'later', code: 'unreachable' });
  });

  testMail('waits in a queue with a bound, the urgent first', async () => {
    await using channel = await open(at(plain).port, { timeout: '60s' });
    const stop = new AbortController();
    const hanging = Array.from({ length: 4 }, () =>
      channel.send(aMessage(), [aRecipient({ email: 'hangs@example.com' })], stop.signal),
    );
    const plainOnes = Array.from({ length: MOST_MAILS_WAITING }, () =>
      channel.send(aMessage({ urgent: false }), [aRecipient({ email: 'never@example.com' })], NEVER),
    );
    const urgent = channel.send(aMessage(), [aRecipient({ email: 'never@example.com' })], NEVER);
    expect(await plainOnes.at(-1)).toMatchObject({ status: 'later', code: 'queue-full' });
    const order: string[] = [];
    void urgent.then(() => order.push('urgent'));
    for (const each of plainOnes.slice(0, -1)) void each.then(() => order.push('plain'));
    stop.abort();
    await Promise.all(hanging);
    await urgent;
    expect(order.filter((each) => each === 'plain').length).toBeLessThan(8);
  });
});
