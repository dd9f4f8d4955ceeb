import { parsePayload } from '../json-payload.ts';
import { boundaryOf, parseMultipart } from './multipart.ts';
import { parsePicture, type RawPicture } from './picture.ts';
import { parseXml } from './xml.ts';

/** What one push says: JSON, or XML as the tree that JSON would be; and the first picture beside it. */
export interface Message {
  readonly tree: unknown;
  readonly picture?: RawPicture | undefined;
  /** A part called itself a picture and is none that is kept: neither JPEG nor PNG, or too large. */
  readonly isPictureBad?: boolean;
}

export type BodyFlaw = 'type' | 'json' | 'xml' | 'multipart';

const utf8 = new TextDecoder('utf-8', { fatal: true });

function xmlOf(body: Buffer): Message | BodyFlaw {
  try {
    const tree = parseXml(utf8.decode(body));
    return tree === undefined ? 'xml' : { tree };
  } catch {
    // Not UTF-8: what a sender writes is the world.
    return 'xml';
  }
}

const jsonOf = (body: Buffer): Message | BodyFlaw => {
  const parsed = parsePayload(body);
  return parsed === undefined ? 'json' : { tree: parsed.json };
};

const isJson = (type: string): boolean => type === 'application/json' || type.endsWith('+json');
const isXml = (type: string): boolean => type === 'application/xml' || type === 'text/xml' || type.endsWith('+xml');

/** By its first character that is no blank, for a sender that does not say what it sends, or says only `text/plain`. */
function sniffed(body: Buffer): Message | BodyFlaw {
  const first = body.toString('latin1', 0, 64).replace('\u00ef\u00bb\u00bf', '').trimStart()[0];
  if (first === '<') return xmlOf(body);
  return first === '{' || first === '[' ? jsonOf(body) : 'type';
}

function multipartOf(body: Buffer, contentType: string): Message | BodyFlaw {
  const boundary = boundaryOf(contentType);
  const parts = boundary === undefined ? undefined : parseMultipart(body, boundary);
  if (parts === undefined) return 'multipart';
  let message: Message | undefined;
  let picture: RawPicture | undefined;
  let isPictureBad = false;
  for (const { type = 'text/plain', body: part } of parts) {
    if (type.startsWith('image/')) {
      const found = parsePicture(part);
      picture ??= found;
      isPictureBad ||= found === undefined;
    } else if (message === undefined) {
      const found = isJson(type) ? jsonOf(part) : isXml(type) ? xmlOf(part) : sniffed(part);
      // A field of a form beside the event, such as a count, is no event.
      if (found === 'type') continue;
      if (typeof found === 'string') return found;
      message = found;
    }
  }
  return message === undefined ? 'multipart' : { ...message, picture, isPictureBad };
}

/** One message of a whole body, by its content type; or what is wrong with it. */
export function parseBody(contentType: string | undefined, body: Buffer): Message | BodyFlaw {
  const type = (contentType ?? 'text/plain').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (type === 'multipart/form-data' || type === 'multipart/mixed') return multipartOf(body, contentType ?? '');
  if (isJson(type)) return jsonOf(body);
  if (isXml(type)) return xmlOf(body);
  return type === 'text/plain' ? sniffed(body) : 'type';
}
