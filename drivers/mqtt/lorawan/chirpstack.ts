import { z } from 'zod';
import { bestOf, type NetworkServer, parseBase64, type Uplink } from './uplink.ts';

const TOPIC = /^application\/([^/]+)\/device\/([0-9A-Fa-f]{16})\/event\/(up|status)$/;

const devEui = z.string().regex(/^[0-9A-Fa-f]{16}$/);
const once = z.string().min(1).max(64);

/** proto3's JSON leaves zero, false and empty fields out: a missing `fCnt` is 0. */
const up = z.object({
  deduplicationId: once,
  time: z.string().max(40).optional(),
  deviceInfo: z.object({ devEui }),
  fPort: z.int().min(0).max(255).default(0),
  data: z.string().optional(),
  rxInfo: z
    .array(z.object({ nsTime: z.string().max(40).optional(), rssi: z.number().optional(), snr: z.number().optional() }))
    .max(1000)
    .default([]),
});

const status = z.object({
  deduplicationId: once,
  time: z.string().max(40).optional(),
  deviceInfo: z.object({ devEui }),
  externalPowerSource: z.boolean().default(false),
  batteryLevelUnavailable: z.boolean().default(false),
  batteryLevel: z.number().min(0).max(100).default(0),
});

/** A gateway's clock that is off by more is not believed where the network server's is known. */
const BELIEVED_MS = 60_000;

/** `time` is that of a gateway with a satellite receiver, else the server's; `nsTime` is the server's always. */
function timeOf(time: string | undefined, nsTime: string | undefined): string | undefined {
  if (time === undefined || nsTime === undefined) return time ?? nsTime;
  return Math.abs(Date.parse(time) - Date.parse(nsTime)) <= BELIEVED_MS ? time : nsTime;
}

function parseUp(json: unknown): Uplink | undefined {
  const { data: message } = up.safeParse(json);
  if (message === undefined) return undefined;
  return {
    devEui: message.deviceInfo.devEui.toLowerCase(),
    once: `up ${message.deduplicationId}`,
    fPort: message.fPort,
    payload: parseBase64(message.data),
    time: timeOf(message.time, message.rxInfo.find(({ nsTime }) => nsTime !== undefined)?.nsTime),
    radio: bestOf(message.rxInfo),
  };
}

function parseStatus(json: unknown): Uplink | undefined {
  const { data: message } = status.safeParse(json);
  if (message === undefined) return undefined;
  const hasBattery = !message.batteryLevelUnavailable && !message.externalPowerSource;
  return {
    devEui: message.deviceInfo.devEui.toLowerCase(),
    // The uplink that carried the answer has the same id.
    once: `status ${message.deduplicationId}`,
    fPort: 0,
    payload: undefined,
    time: message.time,
    battery: hasBattery ? message.batteryLevel : undefined,
  };
}

/** ChirpStack v4 with JSON, its topics as they come: `application/{id}/device/{DevEUI}/event/{up, status …}`. */
export const chirpstack: NetworkServer = {
  root: 'application',
  filters: (application) => ['up', 'status'].map((event) => `application/${application}/device/+/event/${event}`),
  parseTopic(topic) {
    const [, application, devEui, event] = TOPIC.exec(topic) ?? [];
    if (application === undefined || devEui === undefined) return undefined;
    return { application, devEui: devEui.toLowerCase(), event: event === 'up' ? 'up' : 'status' };
  },
  parseMessage: (event, json) => (event === 'up' ? parseUp(json) : parseStatus(json)),
};
