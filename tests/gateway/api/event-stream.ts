import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';

interface ServerSent {
  readonly id?: string;
  readonly event: string;
  readonly data: unknown;
}

/** A browser's EventSource, but for its coming back by itself. */
export interface EventStream extends Disposable {
  readonly response: IncomingMessage;
  /** Everything that came, in order; comments as event `comment`. */
  events(name?: string): readonly ServerSent[];
  ended(): boolean;
}

export async function openStream(url: string, headers: Readonly<Record<string, string>>): Promise<EventStream> {
  const request = get(`${url}/api/v1/live`, { headers, agent: false });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const seen: ServerSent[] = [];
  let text = '';
  let ended = false;
  response.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      seen.push(parseEvent(text.slice(0, end)));
      text = text.slice(end + 2);
    }
  });
  response.on('close', () => {
    ended = true;
  });
  response.on('error', () => {});
  return {
    response,
    events: (name) => (name === undefined ? seen : seen.filter(({ event }) => event === name)),
    ended: () => ended,
    [Symbol.dispose]: () => void request.destroy(),
  };
}

function parseEvent(block: string): ServerSent {
  const fields = new Map(
    block.split('\n').map((line) => [line.split(': ', 1)[0] ?? '', line.slice(line.indexOf(': ') + 2)]),
  );
  const id = fields.get('id');
  const data = fields.get('data');
  return {
    ...(id === undefined ? {} : { id }),
    event: fields.get('event') ?? 'comment',
    data: data === undefined ? block : JSON.parse(data),
  };
}
