/** What stands around the payload of a Milesight EM400 of the NB-IoT kind. */
export interface NbiotEnvelope {
  readonly imei: string;
  readonly serial: string;
  /** dBm (3GPP TS 27.007, 8.5); undefined where the module does not know it. */
  readonly signal: number | undefined;
  /** The channels, as the LoRaWAN kind of the same device sends them. */
  readonly payload: Buffer;
}

const START = 0x02;
/** Field → where it begins (Milesight EM400 NB-IoT, "Uplink Data"). Numbers are big-endian. */
const AT = {
  length: 3,
  serial: 17,
  imei: 33,
  imsi: 48,
  iccid: 63,
  signal: 83,
  payloadLength: 84,
  payload: 86,
} as const;
/** The length field counts what follows it. */
const AFTER_LENGTH = 5;

/** 0 to 31 → -113 to -51 dBm in steps of 2; 99 is unknown. */
const dbmOf = (asu: number): number | undefined => (asu <= 31 ? -113 + 2 * asu : undefined);

/** A whole packet taken apart; undefined for one that is cut short, of another kind, or whose lengths disagree. */
export function parseNbiotEm400(packet: Buffer): NbiotEnvelope | undefined {
  if (packet.length < AT.payload || packet[0] !== START) return undefined;
  if (packet.readUInt16BE(AT.length) !== packet.length - AFTER_LENGTH) return undefined;
  const payloadEnd = AT.payload + packet.readUInt16BE(AT.payloadLength);
  const imei = packet.toString('latin1', AT.imei, AT.imsi);
  if (payloadEnd > packet.length || !/^\d{15}$/.test(imei)) return undefined;
  return {
    imei,
    serial: packet.toString('latin1', AT.serial, AT.imei).replace(/[^\x21-\x7e]/g, ''),
    signal: dbmOf(packet.readUInt8(AT.signal)),
    payload: packet.subarray(AT.payload, payloadEnd),
  };
}
