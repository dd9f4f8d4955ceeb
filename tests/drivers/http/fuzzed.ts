import { parseBinaryPayload } from '../../../drivers/http/binary-payload.ts';
import { boundaryOf, parseMultipart } from '../../../drivers/http/multipart.ts';
import { parseNbiotEm400 } from '../../../drivers/http/nbiot-em400.ts';
import { parseBody } from '../../../drivers/http/parse-body.ts';
import { parseTextPicture } from '../../../drivers/http/picture.ts';
import { parseXml } from '../../../drivers/http/xml.ts';

const BOUNDARY = 'b0und';
const JPEG = Buffer.from([0xff, 0xd8, 0xff, 0xe0]);
const EM400 =
  '020001005f00000001303130313031303036373438443131323930313230303033383638353038303631393234353133343630303838333838303636383638393836303462383130323263303435363638361' +
  '0000e01750103677d000482fdff050000';
const XML =
  '<?xml version="1.0"?>\n<EventNotificationAlert version="2.0" xmlns="http://x/y"><ipAddress>10.0.0.2</ipAddress><!-- a --><eventState>active &amp; &#x597d;</eventState><r><x>1</x><x>2</x></r><![CDATA[<b>]]><c/></EventNotificationAlert>';
const part = (type: string, body: Buffer | string) =>
  Buffer.concat([
    Buffer.from(`--${BOUNDARY}\r\nContent-Type: ${type}\r\n\r\n`),
    Buffer.from(body),
    Buffer.from('\r\n'),
  ]);
const MULTIPART = Buffer.concat([
  part('application/xml', XML),
  part('image/jpeg', JPEG),
  Buffer.from(`--${BOUNDARY}\r\n\r\nplain\r\n--${BOUNDARY}--\r\n`),
]);

/** What is right: an event as JSON, as XML, in parts, and a carrier's packet. */
export const seeds: readonly Buffer[] = [
  Buffer.from('{"imei":"868508061924513","data":{"level":12.5,"list":[1,null,true,"好\\n"]}}'),
  Buffer.from('[{"a":1},{"a":"\\u597d"}]'),
  Buffer.from(XML),
  Buffer.from('<a>1</a>'),
  MULTIPART,
  Buffer.from(`multipart/form-data; boundary="${BOUNDARY}"`),
  Buffer.from(EM400.length % 2 === 0 ? EM400 : `${EM400}0`, 'hex'),
  Buffer.from(EM400),
  Buffer.from(`data:image/jpeg;base64,${JPEG.toString('base64')}`),
];

const fail = (what: string): never => {
  throw new Error(what);
};

function jsonOf(text: string): { readonly json: unknown } | undefined {
  try {
    return { json: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

/** What makes a document whole, read another way: a token at a time, its tags balanced, one root, no document type. */
const TOKEN =
  /<\?[\s\S]*?\?>|<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>|<(?<end>\/)?(?<tag>[A-Za-z_:][\w:.-]*)(?:\s+[A-Za-z_:][\w:.-]*\s*=\s*(?:"[^"<]*"|'[^'<]*'))*\s*(?<lone>\/)?>|[^<]+/y;

function isBalanced(text: string): boolean {
  const open: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const found = TOKEN.exec(text);
    if (found === null) return false;
    const { end, tag, lone } = found.groups ?? {};
    if (tag === undefined || lone !== undefined) continue;
    if (end === undefined) open.push(tag);
    else if (open.pop() !== tag) return false;
  }
  return open.length === 0;
}

function depthOf(tree: unknown): number {
  if (typeof tree !== 'object' || tree === null) return 0;
  return 1 + Math.max(0, ...Object.values(tree).map(depthOf));
}

function readXml(input: Buffer): void {
  const text = input.toString('utf8').replace(/^\uFEFF/, '');
  const tree = parseXml(text);
  if (tree === undefined) return;
  if (!isBalanced(text)) fail('a tree of a document that is not whole');
  // A list of namesakes is one level more.
  if (depthOf(tree) > 2 * 32) fail('deeper than it may be');
  if (Object.getPrototypeOf(tree) !== null) fail('it has members of its own kind');
}

function readJson(input: Buffer): void {
  const found = parseBody('application/json', input);
  const right = jsonOf(new TextDecoder().decode(input));
  if (typeof found === 'string') return;
  if (right === undefined || JSON.stringify(found.tree) !== JSON.stringify(right.json))
    fail('a value that does not stand there');
}

function readParts(input: Buffer): void {
  for (const type of [
    `multipart/form-data; boundary=${BOUNDARY}`,
    'multipart/mixed',
    'text/plain',
    input.toString('latin1'),
  ]) {
    const found = parseBody(type, input);
    if (typeof found === 'string' && !['type', 'json', 'xml', 'multipart'].includes(found)) fail(found);
  }
  const parts = parseMultipart(input, BOUNDARY);
  if (parts !== undefined && !input.includes(`--${BOUNDARY}--`)) fail('parts of a body without an end');
  if ((parts?.length ?? 0) > 16) fail('too many parts');
  for (const { body } of parts ?? []) {
    if (body.length > 0 && !input.includes(body)) fail('a part that does not stand there');
    if (body.includes(`\r\n--${BOUNDARY}`)) fail('a part that holds the next');
  }
  const boundary = boundaryOf(input.toString('latin1'));
  if (boundary !== undefined && (boundary.length > 70 || boundary === '')) fail('no boundary');
  parseTextPicture(input.toString('latin1'));
}

/** Of the packet and of its text: nothing of one whose lengths disagree. */
function readPacket(input: Buffer): void {
  const envelope = parseNbiotEm400(input);
  if (envelope !== undefined) {
    if (input.readUInt16BE(3) + 5 !== input.length) fail('of another length than it says');
    if (!/^\d{15}$/.test(envelope.imei) || input.toString('latin1', 48 - 15, 48) !== envelope.imei.padStart(15))
      fail('its IMEI');
    if (!input.includes(envelope.payload) || envelope.payload.length !== input.readUInt16BE(84)) fail('its payload');
  }
  const wrapped = { codec: 'milesight-em400', wrapper: 'em400-nbiot' } as const;
  for (const [text, encoding] of [
    [input.toString('latin1'), 'hex'],
    [input.toString('hex'), 'hex'],
    [input.toString('base64'), 'base64'],
  ] as const) {
    const samples = parseBinaryPayload(text, { encoding, ...wrapped });
    const isWhole = parseNbiotEm400(Buffer.from(text, encoding)) !== undefined;
    if (samples !== undefined && !isWhole) fail('values of a broken packet');
  }
}

/** Every parser of what is pushed, by its name; each throws where it does what it must not. */
export const parsers: Readonly<Record<string, (input: Buffer) => void>> = {
  'JSON bodies': readJson,
  'XML bodies': readXml,
  'bodies of several parts': readParts,
  'NB-IoT packets': readPacket,
};
