import type { HttpFields } from './device.ts';

const number = (value: number | string | undefined): number | undefined =>
  typeof value === 'number' ? value : undefined;

/** Milesight channels of an EM400: battery %, temperature in tenths, distance in mm, position; little-endian. */
function channels(fields: HttpFields): Buffer {
  const parts: number[] = [];
  const battery = number(fields.battery);
  const temperature = number(fields.temperature);
  const distance = number(fields.distance);
  const position = number(fields.position);
  if (battery !== undefined) parts.push(0x01, 0x75, battery & 0xff);
  if (temperature !== undefined) {
    const tenths = Math.round(temperature * 10);
    parts.push(0x03, 0x67, tenths & 0xff, (tenths >> 8) & 0xff);
  }
  if (distance !== undefined) {
    const mm = Math.round(distance);
    parts.push(0x04, 0x82, mm & 0xff, (mm >> 8) & 0xff);
  }
  if (position !== undefined) parts.push(0x05, 0x00, position & 0xff);
  return Buffer.from(parts);
}

const ascii = (text: string, length: number): Buffer =>
  Buffer.from(text.padStart(length, '0').slice(-length), 'latin1');
const word = (value: number): Buffer => Buffer.from([(value >> 8) & 0xff, value & 0xff]);

/** A whole NB-IoT packet (Milesight EM400 NB-IoT, "Uplink Data"): big-endian around the little-endian channels. */
export function encodeEm400(imei: string, fields: HttpFields): Buffer {
  const payload = channels(fields);
  const csq = number(fields.csq) ?? 16;
  const behindLength = Buffer.concat([
    Buffer.from([0x00]), // flag
    word(0), // frame counter
    Buffer.from([0x01]), // protocol version
    ascii('0101', 4), // software
    ascii('0100', 4), // hardware
    ascii('6748D11290120003', 16),
    ascii(imei, 15),
    ascii('460083883806686', 15),
    ascii('898604b81022c0456686', 20),
    Buffer.from([csq]),
    word(payload.length),
    payload,
  ]);
  return Buffer.concat([Buffer.from([0x02]), word(1), word(behindLength.length), behindLength]);
}
