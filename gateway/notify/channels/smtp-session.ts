import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { Readable } from 'node:stream';
import { codeOf, textOf } from '#kit/fault.ts';
import type { ChannelContext, Message, Sent } from './channel.ts';
import { CHANNEL_FAULTS } from './faults.ts';
import { accepted, later, rejected, unknown } from './sent.ts';
import type { SmtpOptions } from './smtp.ts';

/** How far it came: what a failure means depends on it. */
type Phase = 'connect' | 'login' | 'envelope' | 'data';

/**
 * Sends one mail on a connection of its own; never throws. An answer of the server decides: 4xx later, 5xx never (RFC 5321,
 * section 4.2.1). Without one the mail is unknown from the first byte of it on, since the server may have taken it.
 */
export async function sendMail(
  options: SmtpOptions,
  message: Message,
  to: string,
  { clock, wire }: ChannelContext,
  hide: (text: string) => string,
  signal: AbortSignal,
): Promise<Sent> {
  let phase: Phase = 'connect';
  try {
    const { SMTPConnection, MailComposer } = await load();
    const mail = new MailComposer({
      from: { name: options.sender, address: options.from },
      to,
      subject: message.title,
      text: message.link === null ? message.text : `${message.text}\n\n${message.link}\n`,
      messageId: messageIdOf(message.id, options.from),
      date: new Date(clock.now()),
      headers: {
        // RFC 3834, section 5: no machine is to answer it.
        'Auto-Submitted': 'auto-generated',
        ...(message.urgent && { 'X-Priority': '1', Importance: 'high' }),
      },
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    const bytes = await mail.compile().build();
    const connection = new SMTPConnection(await connectionOf(options));
    // Nothing tells of what was aborted meanwhile.
    if (signal.aborted) throw new Cancelled();
    const { promise: failed, reject } = Promise.withResolvers<never>();
    failed.catch(() => {});
    const abort = () => reject(new Cancelled());
    signal.addEventListener('abort', abort, { once: true });
    const cancel = wire.after(options.timeout, () => reject(new TooSlow()));
    connection.on('error', reject);
    // Where the server hangs up without a word.
    connection.on('end', () => reject(new Error('the connection ended')));
    try {
      const step = <T>(run: (done: (error?: Error | null, result?: T) => void) => void) =>
        Promise.race([
          failed,
          new Promise<T | undefined>((resolve, fail) =>
            run((error, result) => (error ? fail(error) : resolve(result))),
          ),
        ]);
      await step((done) => connection.connect(done));
      const { username, password } = options;
      phase = 'login';
      if (username !== undefined && password !== undefined) {
        await step((done) => connection.login({ credentials: { user: username, pass: password } }, done));
      }
      phase = 'envelope';
      const body = Readable.from(
        (function* () {
          // It is read from when the server has answered DATA with 354.
          phase = 'data';
          yield bytes;
        })(),
      );
      const result = await step<{ response?: string | undefined }>((done) =>
        connection.send({ from: options.from, to: [to] }, body, done),
      );
      return accepted(hide(result?.response ?? '') || null);
    } finally {
      cancel();
      signal.removeEventListener('abort', abort);
      connection.close();
    }
  } catch (error) {
    return answerOf(error, phase, hide);
  }
}

class TooSlow extends Error {}
class Cancelled extends Error {}

async function load() {
  const [{ default: SMTPConnection }, { default: MailComposer }] = await Promise.all([
    import('nodemailer/lib/smtp-connection'),
    import('nodemailer/lib/mail-composer'),
  ]);
  return { SMTPConnection, MailComposer };
}

async function connectionOf({ host, port, tls, ca, timeout }: SmtpOptions) {
  return {
    host,
    port: port ?? (tls === 'implicit' ? 465 : 587),
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    connectionTimeout: timeout,
    greetingTimeout: timeout,
    socketTimeout: timeout,
    maxResponseSize: 64 * 1024,
    logger: false,
    tls: {
      ...(ca !== undefined && { ca: await readFile(ca) }),
      ...(isIP(host) === 0 && { servername: host }),
      minVersion: 'TLSv1.2' as const,
    },
  };
}

/** The same for the same message, so that a reader shows a repeated one once. */
function messageIdOf(id: string, from: string): string {
  const local = Buffer.from(id).toString('hex').slice(0, 128);
  return `<${local}@${from.slice(from.lastIndexOf('@') + 1)}>`;
}

function answerOf(error: unknown, phase: Phase, hide: (text: string) => string): Sent {
  const { responseCode, response } = responseOf(error);
  const text = hide(response ?? textOf(error));
  const code = codeOf(error);
  if (code === 'ETLS') return later(CHANNEL_FAULTS.tls, text);
  if (responseCode !== undefined && responseCode >= 400) {
    const said = `smtp-${responseCode}`;
    // A wrong password is no fault of the mail, but by this channel it never goes.
    if (phase === 'login' && responseCode >= 500) return rejected(CHANNEL_FAULTS.login, text);
    return responseCode >= 500 ? rejected(said, text) : later(said, text);
  }
  if (phase === 'data') {
    const why = error instanceof TooSlow ? CHANNEL_FAULTS.noAnswer : CHANNEL_FAULTS.cut;
    return unknown(why, error instanceof TooSlow ? 'no answer to the mail in time' : text);
  }
  if (error instanceof Cancelled) return later(CHANNEL_FAULTS.cancelled, 'taken back');
  if (error instanceof TooSlow) return later(CHANNEL_FAULTS.noAnswer, `no answer in time (${phase})`);
  if (isTls(error)) return later(CHANNEL_FAULTS.tls, text);
  return later(CHANNEL_FAULTS.unreachable, text);
}

const isTls = (error: unknown): boolean =>
  error instanceof Error && /certificate|self.signed|\bSSL\b|\bTLS\b/i.test(error.message);

function responseOf(error: unknown): { responseCode?: number; response?: string } {
  if (!(error instanceof Error)) return {};
  const responseCode =
    'responseCode' in error && typeof error.responseCode === 'number' ? error.responseCode : undefined;
  const response = 'response' in error && typeof error.response === 'string' ? error.response : undefined;
  return { ...(responseCode !== undefined && { responseCode }), ...(response !== undefined && { response }) };
}
