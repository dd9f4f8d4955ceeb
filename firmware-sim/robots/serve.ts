import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { GroupRobot, type RobotNature, type Said } from './robot.ts';

/**
 * What is wrong with the server before a robot. `lies`: 200 with an error's code. `hangs`: it never answers. `resets`: the
 * connection is cut in the midst of the answer. `drips`: one byte of the answer at a time, for ever. `portal`: a page that
 * wants somebody to sign in. `endless`: an answer without an end. `breaks`: 500. `moved`: it sends elsewhere.
 */
export const ROBOT_VICES = [
  'works',
  'lies',
  'hangs',
  'resets',
  'drips',
  'portal',
  'endless',
  'breaks',
  'moved',
] as const;
export type RobotVice = (typeof ROBOT_VICES)[number];

const MOST_BYTES = 64 * 1024;
const DRIP_MS = 50;

export interface ServedRobot extends AsyncDisposable {
  /** The base of its address. */
  readonly url: string;
  readonly said: readonly Said[];
  /** Requests that came, of whatever kind. */
  readonly requests: number;
  vice: RobotVice;
}

/** A robot on a free port of loopback. */
export async function serveRobot(
  nature: RobotNature,
  now: () => number,
  vice: RobotVice = 'works',
): Promise<ServedRobot> {
  const robot = new GroupRobot(nature, now);
  const timers = new Set<NodeJS.Timeout>();
  let requests = 0;
  const server = createServer(async (request, response) => {
    requests++;
    const body = await bodyOf(request);
    if (body === undefined) return response.writeHead(400).end();
    if (served.vice !== 'works') return misbehave(served.vice, response, timers);
    const { status, body: answer } = robot.ask(new URL(request.url ?? '/', 'http://robot'), body);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the robot has no port');
  const served: ServedRobot = {
    url: `http://127.0.0.1:${address.port}`,
    said: robot.said,
    get requests() {
      return requests;
    },
    vice,
    async [Symbol.asyncDispose]() {
      for (const timer of timers) clearInterval(timer);
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
  return served;
}

function misbehave(vice: Exclude<RobotVice, 'works'>, response: ServerResponse, timers: Set<NodeJS.Timeout>): void {
  const json = { 'content-type': 'application/json' };
  switch (vice) {
    case 'lies':
      response.writeHead(200, json).end('{"errcode":310000,"errmsg":"lies","code":19024,"msg":"lies"}');
      return;
    case 'hangs':
      return;
    case 'resets':
      response.writeHead(200, { ...json, 'content-length': '40' });
      response.write('{"errcode":0,', () => response.socket?.resetAndDestroy());
      return;
    case 'drips':
      response.writeHead(200, json);
      timers.add(setInterval(() => response.write(' '), DRIP_MS));
      return;
    case 'portal':
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html><title>Sign in</title></html>');
      return;
    case 'endless':
      response.writeHead(200, json);
      timers.add(setInterval(() => response.write(' '.repeat(MOST_BYTES)), 1));
      return;
    case 'breaks':
      response.writeHead(500).end('oops');
      return;
    case 'moved':
      response.writeHead(302, { location: 'http://127.0.0.1:9/elsewhere' }).end();
      return;
    default:
      vice satisfies never;
  }
}

async function bodyOf(request: IncomingMessage): Promise<Readonly<Record<string, unknown>> | undefined> {
  let text = '';
  try {
    for await (const chunk of request.setEncoding('utf8')) {
      text += chunk;
      if (text.length > MOST_BYTES) return undefined;
    }
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    // Cut off, or no JSON.
    return undefined;
  }
}
