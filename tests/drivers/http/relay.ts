import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

export const TOKEN = 'relay-token-for-tests';

/** A relay that keeps messages, and answers as `behave` says where it is given. */
export async function openRelay(messages: { id: string; body: unknown }[] = [], page = 100) {
  const asked: string[] = [];
  const relay = {
    behave: undefined as ((request: IncomingMessage, response: ServerResponse) => void) | undefined,
  };
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '', 'http://relay');
    asked.push(searchParams.get('after') ?? '');
    if (relay.behave !== undefined) return relay.behave(request, response);
    if (request.headers.authorization !== `Bearer ${TOKEN}`) return response.writeHead(401).end();
    const from = messages.findIndex(({ id }) => id === searchParams.get('after')) + 1;
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify(messages.slice(from, from + page)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return Object.assign(relay, {
    messages,
    asked,
    url: `http://127.0.0.1:${address.port}/messages?box=1`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  });
}

/** Fields of a link that asks it. */
export const pull = (url: string) => ({ pull: { url, token: TOKEN }, timeout: '60s' });
