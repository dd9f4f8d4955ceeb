import { rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { codeOf, Fault, textOf } from '#kit/fault.ts';
import type { Log } from '#kit/log.ts';
import { takeAction } from './action-command.ts';
import type { SiteAnswer } from './api/context.ts';
import type { AssetImport, DeviceAuthor } from './api/device-desk.ts';
import { type JobWish, jobRequest } from './api/job-request.ts';
import { answerDuty, DUTY_REQUESTS } from './duty/duty-door.ts';
import { answerExercise, EXERCISE_REQUESTS } from './exercises/exercise-door.ts';
import type { Gateway } from './gateway.ts';
import { askForJob, serveJob } from './installer/job-door.ts';
import { ROLES } from './ledger/accounts.ts';
import { parsePermit } from './permits/parse-permit.ts';
import { textOfRefused } from './site/site-refused.ts';

const how = { withEdits: z.boolean().optional(), isTrial: z.boolean().optional() };
const newDevice = z.strictObject({
  device: z.record(z.string(), z.unknown()),
  unknown: z.string().optional(),
  file: z.string().optional(),
});

/** What the commands ask of a gateway that runs: one line of JSON there, one back. */
const request = z.discriminatedUnion('ask', [
  z.strictObject({ ask: z.literal('status') }),
  z.strictObject({ ask: z.literal('alarms') }),
  z.strictObject({ ask: z.literal('standing') }),
  z.strictObject({ ask: z.literal('act'), action: z.looseObject({ kind: z.string() }) }),
  z.strictObject({ ask: z.literal('background'), device: z.string() }),
  z.strictObject({ ask: z.literal('site-reload') }),
  z.strictObject({ ask: z.literal('site-history') }),
  z.strictObject({ ask: z.literal('site-back'), number: z.int().min(1) }),
  z.strictObject({ ask: z.literal('permits') }),
  z.strictObject({ ask: z.literal('permit'), id: z.string() }),
  z.strictObject({
    ask: z.literal('permits-change'),
    permit: z.unknown(),
    isNew: z.boolean(),
    note: z.string().optional(),
  }),
  z.strictObject({ ask: z.literal('permits-import'), text: z.string(), file: z.string(), check: z.boolean() }),
  z.strictObject({ ask: z.literal('site-adopt'), asked: newDevice, ...how }),
  z.strictObject({ ask: z.literal('site-device-out'), device: z.string(), ...how }),
  z.strictObject({ ask: z.literal('site-assets'), csv: z.string(), ...how }),
  z.strictObject({ ask: z.literal('assets') }),
  z.strictObject({ ask: z.literal('photos'), device: z.string() }),
  z.strictObject({ ask: z.literal('photo'), device: z.string(), base64: z.base64() }),
  z.strictObject({ ask: z.literal('report'), devices: z.array(z.string()) }),
  z.strictObject({ ask: z.literal('outputs') }),
  z.strictObject({
    ask: z.literal('output-set'),
    id: z.string(),
    value: z.union([z.string(), z.number()]),
    forMs: z.number(),
  }),
  z.strictObject({ ask: z.literal('output-release'), id: z.string() }),
  z.strictObject({ ask: z.literal('jobs') }),
  z.strictObject({ ask: z.literal('job'), wish: jobRequest }),
  ...DUTY_REQUESTS,
  ...EXERCISE_REQUESTS,
  z.strictObject({ ask: z.literal('users') }),
  z.strictObject({ ask: z.literal('invite'), role: z.enum(ROLES) }),
]);
export type DoorRequest = z.output<typeof request>;
type Answer = { readonly answer: unknown } | { readonly fault: { readonly code: string; readonly message: string } };

/** The list of all alarms is the longest. */
const MOST_CHARACTERS = 64 * 2 ** 20;
const WAIT_MS = 20_000;
/** A change of the site fills windows from history first. */
const WAIT_FOR_SITE_MS = 300_000;
/** A path longer than this cannot be a unix socket (sun_path, unix(7)). */
const LONGEST_PATH = 107;

/** Who asks through the door. */
const WHO = `${userInfo().username} (command)`;

const socketOf = (data: string): string => join(data, 'gengfu.sock');

/** The unix socket in the data directory: whoever may open it is the box's own administrator. */
export async function openDoor(data: string, gateway: Gateway, log: Log): Promise<AsyncDisposable> {
  const path = socketOf(data);
  if (Buffer.byteLength(path) > LONGEST_PATH) {
    log.warn(
      { path },
      'the data directory is too long for a unix socket: alarms and users commands cannot reach this gateway',
    );
    return { async [Symbol.asyncDispose]() {} };
  }
  // The data directory is held by this process alone, so what stands there is left from one that was killed.
  await rm(path, { force: true });
  const server = createServer((socket) => void serve(socket, gateway));
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(path, resolve));
  return {
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The first line that comes in; rejects when the other side ends, errs, is slow or says too much. */
function firstLine(socket: Socket, waitMs = WAIT_MS): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    socket.setEncoding('utf8').setTimeout(waitMs, () => socket.destroy(new Fault('no-answer', 'no answer in time')));
    socket.on('data', (chunk: string) => {
      text += chunk;
      const end = text.indexOf('\n');
      if (end !== -1) resolve(text.slice(0, end));
      else if (text.length > MOST_CHARACTERS) socket.destroy(new Fault('too-long', 'a line too long'));
    });
    socket.once('error', reject).once('close', () => reject(new Fault('no-answer', 'hung up without an answer')));
  });
}

async function serve(socket: Socket, gateway: Gateway): Promise<void> {
  try {
    const line = await firstLine(socket);
    const job = jobIn(line);
    if (job !== undefined) {
      await serveJob(socket, gateway.jobs, job, WHO);
      return;
    }
    socket.setTimeout(WAIT_FOR_SITE_MS);
    socket.end(`${JSON.stringify(await answer(line, gateway))}\n`);
  } catch {
    // Who hung up, or said nothing, has asked nothing.
    socket.destroy();
  }
}

/** What of a job a line asks for; a line that is not right is answered as any other. */
function jobIn(line: string): JobWish | undefined {
  try {
    const asked = request.safeParse(JSON.parse(line));
    return asked.success && asked.data.ask === 'job' ? asked.data.wish : undefined;
  } catch {
    return undefined;
  }
}

async function answer(line: string, gateway: Gateway): Promise<Answer> {
  try {
    const asked = request.parse(JSON.parse(line));
    switch (asked.ask) {
      case 'status':
        return { answer: gateway.status() };
      case 'alarms':
        return { answer: gateway.alarms() };
      case 'background': {
        const isThere = await gateway.forgetBackground(asked.device, WHO);
        if (isThere) return { answer: 'its next 10 good readings are its background' };
        const message = `no rule measures an angle from the background of a device ${asked.device}`;
        return { fault: { code: 'no-background', message } };
      }
      case 'site-reload':
        return siteAnswer(await gateway.site.reload(WHO));
      case 'site-back':
        return siteAnswer(await gateway.site.back(asked.number, WHO));
      case 'site-history':
        return { answer: await gateway.site.history() };
      case 'permits':
        return { answer: gateway.permits.list() };
      case 'permit':
        return { answer: gateway.permits.find(asked.id) };
      case 'permits-change': {
        const author = { by: WHO, source: 'command' as const, note: asked.note };
        return {
          answer: await gateway.permits.change([{ permit: parsePermit(asked.permit), isNew: asked.isNew }], author),
        };
      }
      case 'permits-import': {
        const author = { by: WHO, source: 'csv' as const, note: asked.file };
        return { answer: await gateway.importPermits(asked.text, author, asked.check) };
      }
      case 'site-adopt':
        return siteAnswer(await gateway.devices.adopt(asked.asked, authorOf(asked)));
      case 'site-device-out':
        return siteAnswer(await gateway.devices.remove(asked.device, authorOf(asked)));
      case 'site-assets':
        return siteAnswer(await gateway.devices.importAssets(asked.csv, authorOf(asked)));
      case 'assets':
        return { answer: gateway.devices.exportAssets() };
      case 'photos':
        return { answer: await gateway.devices.photos(asked.device) };
      case 'photo': {
        const bytes = Buffer.from(asked.base64, 'base64');
        return { answer: await gateway.devices.addPhoto(asked.device, bytes, authorOf({})) };
      }
      case 'report':
        return { answer: await gateway.devices.report(asked.devices, WHO) };
      case 'outputs':
        return { answer: gateway.outputs.list() };
      case 'output-set': {
        const { id, value, forMs } = asked;
        return { answer: await gateway.outputs.set(id, value, forMs, WHO) };
      }
      case 'output-release':
        return { answer: await gateway.outputs.release(asked.id, WHO) };
      case 'jobs':
        return { answer: gateway.jobs.list() };
      case 'job':
        return { fault: { code: 'door', message: 'a job has a socket of its own' } };
      case 'duty':
      case 'duty-hand-over':
      case 'duty-mode':
      case 'duty-log':
      case 'duty-write':
        return { answer: await answerDuty(asked, gateway.duty, WHO) };
      case 'walk-test':
      case 'walk-test-news':
      case 'walk-test-stop':
      case 'drill':
      case 'drill-stop':
      case 'drill-report':
        return { answer: await answerExercise(asked, gateway, WHO) };
      case 'users':
        return { answer: await gateway.users() };
      case 'invite':
        return { answer: await gateway.invite(asked.role) };
      case 'standing':
        return { answer: gateway.standing() };
      case 'act': {
        const reply = await takeAction((action) => gateway.act(action), asked.action, WHO);
        return reply.status === 'refused'
          ? { fault: { code: reply.code, message: reply.message } }
          : { answer: reply.status };
      }
      default:
        return asked satisfies never;
    }
  } catch (error) {
    return { fault: { code: codeOf(error) ?? 'door', message: textOf(error) } };
  }
}

const authorOf = ({ withEdits, isTrial }: Pick<DeviceAuthor, 'withEdits' | 'isTrial'>): DeviceAuthor => ({
  by: WHO,
  withEdits,
  isTrial,
});

/** A refusal with every problem of the site's files, a line each. */
function siteAnswer(answered: SiteAnswer | AssetImport): Answer {
  if (answered.status !== 'refused') return { answer: answered };
  return { fault: { code: answered.code, message: textOfRefused(answered) } };
}

/** Asks the gateway that runs on this data directory. Throws a Fault `no-gateway` when none does. */
export async function askGateway(data: string, asked: DoorRequest): Promise<unknown> {
  const socket = connect(socketOf(data));
  try {
    const line = firstLine(socket, asked.ask.startsWith('site-') ? WAIT_FOR_SITE_MS : WAIT_MS);
    socket.write(`${JSON.stringify(asked)}\n`);
    const answered = JSON.parse(await line) as Answer;
    if ('fault' in answered) throw new Fault(answered.fault.code, answered.fault.message);
    return answered.answer;
  } catch (error) {
    throw noGateway(error, data);
  } finally {
    socket.destroy();
  }
}

/** Has the gateway that runs there do a job. Throws a Fault `no-gateway` when none does; aborted, it gives what it found. */
export async function jobAtGateway(
  data: string,
  wish: JobWish,
  onNews: Parameters<typeof askForJob>[2],
  signal: AbortSignal,
): ReturnType<typeof askForJob> {
  try {
    return await askForJob(socketOf(data), wish, onNews, signal);
  } catch (error) {
    throw noGateway(error, data);
  }
}

function noGateway(error: unknown, data: string): unknown {
  if (codeOf(error) !== 'ENOENT' && codeOf(error) !== 'ECONNREFUSED') return error;
  return new Fault('no-gateway', `no gateway runs on ${data}`, {
    hint: 'start it (gengfu run), or name its --data or --site',
  });
}
