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
/** The national character set, with those that it holds. */
const gb18030 = new TextDecoder('gb18030', { fatal: true });
const IS_GB = /^\s*<\?xml[^>]*\sencoding\s*=\s*["'](?:gb2312|gbk|gb18030)["']/i;

function xmlOf(body: Buffer): Message | BodyFlaw {
  const encoding = IS_GB.test(body.toString('latin1', 0, 200)) ? gb18030 : utf8;
  try {
    const tree = parseXml(encoding.decode(body));
    return tree === undefined ? 'xml' : { tree };
  } catch {
    // Not what it says that it is: what a sender writes is the world.
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

function multipartOf(body: Buffer, contentType: string, isWhole: boolean): Message | BodyFlaw {
  const boundary = boundaryOf(contentType);
  const parts = boundary === undefined ? undefined : parseMultipart(body, boundary, isWhole);
  if (parts === undefined) return 'multipart';
  let message: Message | undefined;
  let picture: RawPicture | undefined;
  // What is beyond any bound is a picture.
  let isPictureBad = !isWhole;
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

const typeOf = (contentType = 'text/plain'): string => contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';

/** Whether a body of that content type has parts: the event may be had, though the picture behind it is too large. */
export const isOfParts = (contentType: string | undefined): boolean =>
  ['multipart/form-data', 'multipart/mixed'].includes(typeOf(contentType));

/** One message of a body, by its content type; or what is wrong with it. A body of parts need not be whole. */
export function parseBody(contentType: string | undefined, body: Buffer, isWhole = true): Message | BodyFlaw {
  const type = typeOf(contentType);
  if (isOfParts(contentType)) return multipartOf(body, contentType ?? '', isWhole);
  if (isJson(type)) return jsonOf(body);
  if (isXml(type)) return xmlOf(body);
  return type === 'text/plain' ? sniffed(body) : 'type';
}
