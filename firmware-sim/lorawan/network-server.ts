import { randomUUID } from 'node:crypto';

/** One uplink as a network server has it, after its gateways heard it. */
export interface Uplink {
  readonly devEui: string;
  readonly name: string;
  /** Anew with each join. */
  readonly session: string;
  readonly counter: number;
  readonly port: number;
  readonly payload: Buffer;
  /** UTC milliseconds. */
  readonly at: number;
  /** dBm, at each gateway. */
  readonly levels: readonly number[];
}

export interface Message {
  readonly topic: string;
  readonly payload: string;
}

/** Zero, false and empty fields are left out of the JSON, as both servers do. */
const spare = (fields: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== 0 && value !== false && value !== ''));

/** An `up` event of ChirpStack v4. */
function chirpstackUp(application: string, uplink: Uplink): Message {
  const time = new Date(uplink.at).toISOString().replace('Z', '000000+00:00');
  const body = spare({
    deduplicationId: randomUUID(),
    time,
    deviceInfo: {
      tenantId: '52f14cd4-c6f1-4fbd-8f87-4025e1d49242',
      applicationId: application,
      deviceName: uplink.name,
      devEui: uplink.devEui,
    },
    devAddr: '00189440',
    dr: 5,
    fCnt: uplink.counter,
    fPort: uplink.port,
    data: uplink.payload.toString('base64'),
    rxInfo: uplink.levels.map((rssi, index) => ({
      gatewayId: `0016c001ff10a23${index}`,
      uplinkId: index + 1,
      rssi,
      snr: 7.5,
    })),
    txInfo: { frequency: 471_500_000, modulation: { lora: { bandwidth: 125_000, spreadingFactor: 9 } } },
  });
  return {
    topic: `application/${application}/device/${uplink.devEui}/event/up`,
    payload: JSON.stringify(body),
  };
}

/** An uplink message of The Things Stack v3. */
function ttsUp(application: string, uplink: Uplink): Message {
  const time = new Date(uplink.at).toISOString();
  const body = {
    end_device_ids: {
      device_id: uplink.name,
      application_ids: { application_id: application.split('@')[0] },
      dev_eui: uplink.devEui.toUpperCase(),
      dev_addr: '260B4C5E',
    },
    received_at: time,
    uplink_message: spare({
      session_key_id: uplink.session,
      f_port: uplink.port,
      f_cnt: uplink.counter,
      frm_payload: uplink.payload.toString('base64'),
      rx_metadata: uplink.levels.map((rssi, index) => ({ gateway_ids: { gateway_id: `gw-${index}` }, rssi, snr: 7.5 })),
      received_at: time,
    }),
  };
  return { topic: `v3/${application}/devices/${uplink.name}/up`, payload: JSON.stringify(body) };
}

export const NETWORK_SERVERS = {
  chirpstack: { application: '17c82e96-be03-4f38-aef3-f83d48582d97', encode: chirpstackUp, qos: 1 },
  tts: { application: 'city@ttn', encode: ttsUp, qos: 0 },
} as const;

export type NetworkServerName = keyof typeof NETWORK_SERVERS;
