import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { boundaryOf, parseMultipart } from '../../../drivers/http/multipart.ts';
import { parseNbiotEm400 } from '../../../drivers/http/nbiot-em400.ts';
import { parseBody } from '../../../drivers/http/parse-body.ts';
import { LARGEST_PICTURE_BYTES, parsePicture, parseTextPicture } from '../../../drivers/http/picture.ts';
import { parseMessages } from '../../../drivers/http/pull-client.ts';
import { parseXml } from '../../../drivers/http/xml.ts';
import { JPEG, multipart, PNG } from './rig.ts';

describe('xml', () => {
  const plain = (tree: unknown) => JSON.parse(JSON.stringify(tree));

  test.each([
    ['<a/>', { a: '' }],
    ['<?xml version="1.0"?><!-- c --><a x="1" y=\'2\'><b> 1 </b><c/></a>', { a: { b: '1', c: '' } }],
    ['<n:a xmlns:n="u"><n:b>1</n:b><b>2</b><b>3</b></n:a>', { a: { b: ['1', '2', '3'] } }],
    ['<a>&lt;&amp;&#65;&#x4e2d;&quot;</a>', { a: '<&A中"' }],
    ['<a><![CDATA[<b>&x;</b>]]></a>', { a: '<b>&x;</b>' }],
    ['\uFEFF<a>中文</a>\n', { a: '中文' }],
  ])('%s', (text, tree) => {
    expect(plain(parseXml(text))).toEqual(tree);
  });

  test.each([
    ['a document type', '<!DOCTYPE a><a/>'],
    ['entities that grow', '<!DOCTYPE l [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><l>&b;</l>'],
    ['an external entity', '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'],
    ['an entity that nobody declared', '<a>&x;</a>'],
    ['a reference without an end', '<a>&lt</a>'],
    ['a character that is none', '<a>&#xD800;</a>'],
    ['an element without an end', '<a><b></a>'],
    ['ends that cross', '<a><b></a></b>'],
    ['two roots', '<a/><b/>'],
    ['nothing', ''],
    ['text only', 'alarm'],
    ['text after the root', '<a/>alarm'],
    ['a comment without an end', '<a/><!-- '],
    ['a tag that is cut off', '<a'],
    ['too deep', '<a>'.repeat(40) + '</a>'.repeat(40)],
    ['too many references', `<a>${'&lt;'.repeat(10_001)}</a>`],
    ['too many elements', `<a>${'<b/>'.repeat(2001)}</a>`],
  ])('%s is refused', (_, text) => {
    expect(parseXml(text)).toBeUndefined();
  });

  test('a name of Object is a name as any other', () => {
    const tree = parseXml('<__proto__><constructor>1</constructor></__proto__>');
    expect(Object.keys(tree ?? {})).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>).constructor).toBe(Object);
  });
});

test('what is no reference ends a document at once, however much of it there is', () => {
  const begun = process.cpuUsage();
  expect(parseXml(`<a>${'&'.repeat(3_000_000)}</a>`)).toBeUndefined();
  // Looked for from each of them to the end it would be hours.
  expect(process.cpuUsage(begun).user).toBeLessThan(10_000_000);
});

describe('multipart', () => {
  const event = { type: 'application/xml; charset="UTF-8"', body: '<a><b>1</b></a>' };
  const picture = { type: 'image/jpeg', body: JPEG };

  test('an event and a picture, as a camera sends them', () => {
    const body = multipart('MIME_boundary', [event, picture]);
    expect(boundaryOf('multipart/form-data; boundary="MIME_boundary"')).toBe('MIME_boundary');
    const parts = parseMultipart(body, 'MIME_boundary');
    expect(parts?.map(({ type, body }) => [type, body.length])).toEqual([
      ['application/xml', 15],
      ['image/jpeg', JPEG.length],
    ]);
    expect(parts?.[1]?.body.equals(JPEG)).toBe(true);
  });

  test('a preamble, padding after the boundary, a part without headers, and what comes after the end', () => {
    const body = 'hello\r\n--b \t\r\n\r\n{"a":1}\r\n--b\r\nX: y\r\n\r\n\r\n--b--\r\ngoodbye';
    const parts = parseMultipart(Buffer.from(body), 'b');
    expect(parts?.map(({ type, body }) => [type, body.toString()])).toEqual([
      [undefined, '{"a":1}'],
      [undefined, ''],
    ]);
  });

  test.each([
    ['no end', '--b\r\n\r\n{"a":1}\r\n'],
    ['no boundary at all', '{"a":1}'],
    ['a boundary that only begins so', '--bb\r\n\r\n{"a":1}\r\n--b--'],
    ['headers without an end', `--b\r\nX: ${'y'.repeat(5000)}\r\n--b--`],
    ['too many parts', `${'--b\r\n\r\n1\r\n'.repeat(17)}--b--`],
    ['nothing', ''],
  ])('%s is refused', (_, body) => {
    expect(parseMultipart(Buffer.from(body), 'b')).toBeUndefined();
  });

  test('what it is made of comes out of it, and nothing that it is cut to throws', () => {
    const part = fc.record({
      type: fc.constantFrom('application/json', 'image/jpeg', 'text/xml'),
      body: fc.uint8Array({ maxLength: 200 }),
    });
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), fc.nat(), (parts, cut) => {
        const body = multipart('----b0und', parts);
        const found = parseMultipart(body, '----b0und');
        expect(found?.map(({ type, body }) => ({ type, body: new Uint8Array(body) }))).toEqual(parts);
        expect(parseMultipart(body.subarray(0, cut % (body.length - 5)), '----b0und')).toBeUndefined();
      }),
      { numRuns: 200 },
    );
  });
});

describe('a body', () => {
  const of = (type: string | undefined, body: string | Buffer) => {
    const message = parseBody(type, Buffer.from(body));
    return typeof message === 'string' ? message : JSON.parse(JSON.stringify(message.tree));
  };

  test.each([
    ['application/json; charset=utf-8', '{"a":1}', { a: 1 }],
    ['application/vnd.x+json', '[1]', [1]],
    ['text/xml', '<a>1</a>', { a: '1' }],
    [undefined, ' {"a":1}', { a: 1 }],
    ['text/plain', '\uFEFF <a>1</a>', { a: '1' }],
    ['text/plain', '<a>1</a>', { a: '1' }],
    ['application/json', '{"a":', 'json'],
    ['application/json', '['.repeat(40) + ']'.repeat(40), 'json'],
    ['application/json', Buffer.from([0x22, 0xff, 0x22]), 'json'],
    ['application/xml', Buffer.from([0x3c, 0x61, 0x3e, 0xff]), 'xml'],
    ['text/xml', Buffer.from('<?xml version="1.0" encoding="GB2312"?><a>\xb3\xa7</a>', 'latin1'), { a: '厂' }],
    ['text/xml', Buffer.from('<?xml version="1.0" encoding="UTF-8"?><a>\xb3\xa7</a>', 'latin1'), 'xml'],
    ['text/xml', Buffer.from('<?xml version="1.0" encoding="GBK"?><a>\xff</a>', 'latin1'), 'xml'],
    ['multipart/form-data', '--b--', 'multipart'],
    ['application/octet-stream', '{"a":1}', 'type'],
    ['text/plain', 'alarm', 'type'],
  ])('%s %s', (type, body, tree) => {
    expect(of(type, body)).toEqual(tree);
  });

  test('of parts, the event is the first that is one, the picture the first that is kept', () => {
    const parts = [
      { type: 'text/plain', body: '3' },
      { type: 'application/json', body: '{"event":"fire"}' },
      { type: 'image/jpeg', body: 'no picture' },
      { type: 'image/jpeg', body: PNG },
    ];
    const message = parseBody('multipart/form-data; boundary=x', multipart('x', parts));
    expect(message).toMatchObject({ tree: { event: 'fire' }, picture: { type: 'image/png' }, isPictureBad: true });
    expect(parseBody('multipart/mixed; boundary=x', multipart('x', parts.slice(2)))).toBe('multipart');
  });

  test('no bytes throw, at any type', () => {
    const types = ['application/json', 'text/xml', 'multipart/mixed; boundary=b', undefined];
    fc.assert(
      fc.property(fc.constantFrom(...types), fc.uint8Array({ maxLength: 300 }), (type, bytes) => {
        parseBody(type, Buffer.from(bytes));
      }),
      { numRuns: 500 },
    );
  });
});

test('a picture is what its first bytes say, and not larger than 2 MB', () => {
  expect(parsePicture(JPEG)?.type).toBe('image/jpeg');
  expect(parsePicture(PNG)?.type).toBe('image/png');
  expect(parsePicture(Buffer.from('GIF89a'))).toBeUndefined();
  expect(parsePicture(Buffer.concat([JPEG, Buffer.alloc(LARGEST_PICTURE_BYTES)]))).toBeUndefined();
  expect(parseTextPicture(JPEG.toString('base64'))?.bytes.equals(JPEG)).toBe(true);
  expect(parseTextPicture(`data:image/png;base64,${PNG.toString('base64')}`)?.type).toBe('image/png');
  expect(parseTextPicture('A'.repeat(4_000_000))).toBeUndefined();
});

describe('the NB-IoT packet around an EM400 payload', () => {
  // Milesight EM400 NB-IoT, "Uplink Data", example.
  const hex =
    '020001005f0000000130313031303130303637343844313132393031323030303338363835303830363139323435313334363030383338383338303636383638393836303462383130323263303435363638361 0000e01750103677d000482fdff050000'.replace(
      ' ',
      '',
    );
  const packet = Buffer.from(hex, 'hex');

  test('the maker’s example', () => {
    expect(parseNbiotEm400(packet)).toEqual({
      imei: '868508061924513',
      serial: '6748D11290120003',
      signal: -81,
      payload: Buffer.from('01750103677d000482fdff050000', 'hex'),
    });
  });

  test('cut anywhere, or longer than it says, it is none', () => {
    for (let end = 0; end < packet.length; end++) expect(parseNbiotEm400(packet.subarray(0, end))).toBeUndefined();
    expect(parseNbiotEm400(Buffer.concat([packet, Buffer.alloc(1)]))).toBeUndefined();
    expect(parseNbiotEm400(Buffer.concat([Buffer.from([3]), packet.subarray(1)]))).toBeUndefined();
  });

  test('a signal that the module does not know is none', () => {
    const unknown = Buffer.from(packet);
    unknown[83] = 99;
    expect(parseNbiotEm400(unknown)?.signal).toBeUndefined();
  });
});

test.each([
  [
    '[{"id":1,"body":{"a":1}},{"id":"x"}]',
    {
      messages: [
        { id: '1', body: { a: 1 } },
        { id: 'x', body: undefined },
      ],
    },
  ],
  ['[]', { messages: [] }],
  ['{}', { flaw: 'its answer is no JSON list of messages' }],
  ['<html>', { flaw: 'its answer is no JSON list of messages' }],
  ['[{"body":1}]', { flaw: 'a message of its answer has no id' }],
  [`[${'{"id":1},'.repeat(1000)}{"id":1}]`, { flaw: 'its answer holds more than 1000 messages' }],
])('a relay’s answer %s', (body, answered) => {
  expect(parseMessages(Buffer.from(body))).toEqual(answered);
});
