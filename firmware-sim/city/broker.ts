import { Aedes } from 'aedes';
import { type Listener, listen } from '../listen.ts';

export interface Message {
  readonly topic: string;
  readonly payload: Buffer;
  readonly retain: boolean;
}

/** The city's broker: its line can be cut and joined again on the same port. */
export interface CityBroker extends AsyncDisposable {
  readonly port: number;
  /** Stops listening and drops every connection; the last wills of those that were there are published. */
  cut(): Promise<void>;
  join(): Promise<void>;
}

/** Port 0 takes a free one. Rejects when the port is taken. */
export async function openCityBroker(wanted: number, onMessage: (message: Message) => void): Promise<CityBroker> {
  const broker = await Aedes.createBroker({ keepaliveLimit: 0 });
  broker.on('publish', (packet, client) => {
    // A last will comes without a client; the broker's own messages begin with $SYS.
    if (packet.topic.startsWith('$SYS/') || (client === null && !packet.topic.startsWith('gengfu/'))) return;
    const payload = Buffer.isBuffer(packet.payload) ? packet.payload : Buffer.from(packet.payload);
    onMessage({ topic: packet.topic, payload, retain: packet.retain });
  });
  const open = (port: number) => listen(port, (socket) => broker.handle(socket));
  let line: Listener | null = await open(wanted);
  const { port } = line;
  return {
    port,
    async cut() {
      await line?.[Symbol.asyncDispose]();
      line = null;
    },
    async join() {
      line ??= await open(port);
    },
    async [Symbol.asyncDispose]() {
      await line?.[Symbol.asyncDispose]();
      await new Promise<void>((resolve) => {
        broker.close(resolve);
      });
    },
  };
}
