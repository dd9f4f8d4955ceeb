import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a pretended InfluxDB answers to lines; undefined: it never does. */
export type Answering = (lines: readonly string[]) => readonly [status: number, body?: string] | undefined;

export interface PretendedInflux extends AsyncDisposable {
  readonly url: string;
  /** Lines of requests that were answered with 2xx, or of which a part was stored. */
  readonly stored: Set<string>;
  readonly requests: {
    readonly path: string;
    readonly lines: readonly string[];
    readonly authorization: string | undefined;
  }[];
  answer: Answering;
}

/** An HTTP server on loopback that answers as it is told. */
export async function openPretended(answer: Answering = () => [204]): Promise<PretendedInflux> {
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      const lines = body.split('\n').filter((line) => line !== '');
      const path = request.url ?? '';
      pretended.requests.push({ path, lines, authorization: request.headers.authorization });
      const answered = path.startsWith('/query') ? ([200, '{}'] as const) : pretended.answer(lines);
      if (answered === undefined) return;
      if (answered[0] < 300 && !path.startsWith('/query')) for (const line of lines) pretended.stored.add(line);
      response.writeHead(answered[0]).end(answered[1] ?? '');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const pretended: PretendedInflux = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stored: new Set(),
    requests: [],
    answer,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return pretended;
}
