import type { HttpDevice, HttpFields } from './device.ts';
import { encodeEm400 } from './em400.ts';

/** One push as it goes out. */
export interface Push {
  readonly type: string;
  readonly body: Buffer;
  /** Behind the link's path, for those whose messages do not say who they are. */
  readonly path: string;
}

export interface Said {
  readonly identity: string;
  readonly fields: HttpFields;
  /** UTC milliseconds. */
  readonly at: number;
  readonly picture: Uint8Array | undefined;
}

const json = (body: object, path = ''): Push => ({
  type: 'application/json',
  body: Buffer.from(JSON.stringify(body)),
  path,
});

/** As a carrier's cloud passes a device's bytes on: an envelope of JSON with the bytes in base64. */
function carrier({ identity, fields, at }: Said): Push {
  const APPdata = encodeEm400(identity, fields).toString('base64');
  return json({
    IMEI: identity,
    deviceId: `d-${identity}`,
    messageType: 'dataReport',
    timestamp: at,
    payload: { APPdata },
  });
}

let numbered = 0;

/** As a relay of one's own writes it: a list of messages, each with a number. */
const relay = ({ identity, fields, at }: Said): Push =>
  json({ messages: [{ device: identity, id: `${at}-${++numbered}`, time: new Date(at).toISOString(), ...fields }] });

const BOUNDARY = 'MIME_boundary';

/** ISAPI: the event as XML, with a picture in a body of two parts. */
function isapi({ identity, fields, at, picture }: Said): Push {
  const { event = 'videoloss' } = fields;
  const state = event === 'videoloss' ? 'inactive' : 'active';
  const xml = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<EventNotificationAlert version="2.0" xmlns="http://www.isapi.org/ver20/XMLSchema">',
    `<ipAddress>192.0.2.64</ipAddress><channelID>1</channelID><dateTime>${new Date(at).toISOString()}</dateTime>`,
    `<eventType>${event}</eventType><eventState>${state}</eventState>`,
    '</EventNotificationAlert>',
  ].join('\n');
  const path = `/${identity}`;
  if (picture === undefined || state === 'inactive') return { type: 'application/xml', body: Buffer.from(xml), path };
  const part = (name: string, type: string, length: number) =>
    `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"\r\nContent-Type: ${type}\r\nContent-Length: ${length}\r\n\r\n`;
  const body = Buffer.concat([
    Buffer.from(`${part('event.xml', 'application/xml; charset="UTF-8"', xml.length)}${xml}\r\n`),
    Buffer.from(part('picture.jpg', 'image/jpeg', picture.length)),
    picture,
    Buffer.from(`\r\n--${BOUNDARY}--\r\n`),
  ]);
  return { type: `multipart/form-data; boundary=${BOUNDARY}`, body, path };
}

/** An analytics box: a name of an event and a picture as text. */
const box = ({ identity, fields, picture }: Said): Push =>
  json(
    { ...fields, ...(picture === undefined ? {} : { image: Buffer.from(picture).toString('base64') }) },
    `/${identity}`,
  );

/** How each model says what it measured. */
export const SPEAKERS: Readonly<Record<HttpDevice['model'], (said: Said) => Push>> = {
  'nbiot-em400': carrier,
  json: relay,
  'camera-isapi': isapi,
  'camera-json': box,
};
