import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';

/** Messages that are kept; of more the oldest go. */
const MOST_KEPT = 10_000;
const MOST_BYTES = 4 * 1024 * 1024;

export interface Relay extends AsyncDisposable {
  /** Where devices' clouds push to. */
  readonly pushUrl: string;
  /** Where a gateway asks for what came: `?after=ID`. */
  readonly pullUrl: string;
  readonly kept: number;
}

/**
 * A relay with a public address, for gateways that have none: takes JSON by POST, numbers it, and gives what came after a
 * number to who knows the token. `page`: how many messages at a time.
 */
export async function openRelay(token: string, { port = 0, page = 100 } = {}): Promise<Relay> {
  const messages: { readonly id: string; readonly body: unknown }[] = [];
  let count = 0;
  const server = createServer(async (request, response) => {
    if (request.method === 'POST') {
      const body = await jsonOf(request);
      if (body === undefined) return response.writeHead(400).end();
      messages.push({ id: String(++count), body });
      if (messages.length > MOST_KEPT) messages.shift();
      return response.writeHead(200).end();
    }
    if (request.headers.authorization !== `Bearer ${token}`) return response.writeHead(401).end();
    const after = Number(new URL(request.url ?? '', 'http://relay').searchParams.get('after') ?? 0);
    const next = messages.filter(({ id }) => Number(id) > after).slice(0, page);
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(next));
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the relay has no port');
  const url = `http://127.0.0.1:${address.port}`;
  return {
    pushUrl: `${url}/push`,
    pullUrl: `${url}/messages`,
    get kept() {
      return messages.length;
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function jsonOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request) {
      bytes += chunk.length;
      if (bytes > MOST_BYTES) return undefined;
      chunks.push(chunk);
    }
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    // Cut off, or no JSON.
    return undefined;
  }
}
