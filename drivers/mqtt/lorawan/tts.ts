import { z } from 'zod';
import { bestOf, type NetworkServer, parseBase64, type Uplink } from './uplink.ts';

const TOPIC = /^v3\/([^/]+)\/devices\/[^/]+\/up$/;

/** Zero, false and empty fields are left out, as ChirpStack does. */
const up = z.object({
  end_device_ids: z.object({ dev_eui: z.string().regex(/^[0-9A-Fa-f]{16}$/) }),
  received_at: z.string().max(40).optional(),
  uplink_message: z.object({
    session_key_id: z.string().max(64).default(''),
    f_port: z.int().min(0).max(255).default(0),
    f_cnt: z.int().min(0).default(0),
    frm_payload: z.string().max(1024).optional(),
    rx_metadata: z
      .array(z.object({ rssi: z.number().optional(), snr: z.number().optional() }))
      .max(1000)
      .default([]),
    last_battery_percentage: z.object({ value: z.number().min(0).max(100).default(0) }).optional(),
  }),
});

function parseUp(json: unknown): Uplink | undefined {
  const { data } = up.safeParse(json);
  if (data === undefined) return undefined;
  const message = data.uplink_message;
  const devEui = data.end_device_ids.dev_eui.toLowerCase();
  const payload = message.frm_payload;
  return {
    devEui,
    // A device without a join begins its counter anew in the same session, so that what it sent is part of the key.
    once: `${devEui} ${message.session_key_id} ${message.f_cnt} ${payload ?? ''}`,
    fPort: message.f_port,
    payload: parseBase64(payload),
    time: data.received_at,
    radio: bestOf(message.rx_metadata),
    battery: message.last_battery_percentage?.value,
  };
}

/** The Things Stack v3: `v3/{application}@{tenant}/devices/{device}/up`; `+` stands for the application that signs in. */
export const tts: NetworkServer = {
  root: 'v3',
  filters: (application) => [`v3/${application}/devices/+/up`],
  parseTopic(topic) {
    const [, application] = TOPIC.exec(topic) ?? [];
    return application === undefined ? undefined : { application, event: 'up' };
  },
  parseMessage: (_, json) => parseUp(json),
};
