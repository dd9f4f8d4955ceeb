import { describe, expect, test } from 'vitest';
import { AtReply } from '../../../drivers/cabinet/at-reply.ts';
import { CCLK, networkTimeOf } from '../../../drivers/cabinet/cclk.ts';
import { countOn, monthOf } from '../../../drivers/cabinet/data-month.ts';
import { encodeGet, encodeMonitor, parseEdge, parseLevels, parseVersion } from '../../../drivers/cabinet/gpio-tools.ts';
import { dbmOfCsq, dbmOfPercent } from '../../../drivers/cabinet/modem.ts';
import { parseModemManager, parseModemManagerTime } from '../../../drivers/cabinet/modem-manager.ts';
import { openZone } from '../../../gateway/kit/zone.ts';

describe('gpiomon and gpioget', () => {
  const call = { chip: 'gpiochip0', bias: 'pull-up', lines: [17, 27] } as const;

  test('are called as their version wants it', () => {
    expect(encodeGet(1, call).join(' ')).toBe('--bias=pull-up gpiochip0 17 27');
    expect(encodeMonitor(1, call).join(' ')).toBe('--line-buffered --format=%o %e --bias=pull-up gpiochip0 17 27');
    expect(encodeMonitor(1, { ...call, bias: 'disabled' })).toContain('--bias=disable');
    expect(encodeGet(2, call).join(' ')).toBe('--numeric --bias pull-up --chip gpiochip0 17 27');
    expect(encodeMonitor(2, { ...call, bias: 'as-is' }).join(' ')).toBe('--format %o %E --chip gpiochip0 17 27');
  });

  test.each([
    ['gpiomon (libgpiod) v1.6.3\nCopyright (C) 2017', 1],
    ['gpioget (libgpiod) v2.2.1', 2],
    ['gpioget (libgpiod) v3.0', undefined],
    ['', undefined],
  ])('the version in %j is %s', (text, version) => {
    expect(parseVersion(text)).toBe(version);
  });

  test.each([
    ['17 1', { line: 17, level: 1 }],
    ['17 0', { line: 17, level: 0 }],
    ['4 rising\r', { line: 4, level: 1 }],
    ['4 falling', { line: 4, level: 0 }],
    ['Monitoring line 17...', undefined],
    ['17 2', undefined],
    ['', undefined],
  ])('the edge in %j', (text, edge) => {
    expect(parseEdge(text)).toEqual(edge);
  });

  test('levels are as many as lines, each 0 or 1', () => {
    expect(parseLevels('0 1\n', 2)).toEqual([0, 1]);
    expect(parseLevels('0\n', 2)).toBeUndefined();
    expect(parseLevels('0 x\n', 2)).toBeUndefined();
    expect(parseLevels('', 1)).toBeUndefined();
  });
});

describe('the answer to an AT command', () => {
  const CSQ = /\+CSQ: ?(\d+),(\d+)/;
  const answer = (wanted: RegExp | null, text: string): string => {
    const result = new AtReply(wanted).push(Buffer.from(text, 'latin1'));
    if (result === undefined) return 'waits';
    return 'refused' in result ? result.refused : (result.info?.[1] ?? 'done');
  };

  test.each<[string, RegExp | null, string, string]>([
    ['is the line of information, once OK has come', CSQ, '\r\n+CSQ: 20,99\r\n\r\nOK\r\n', '20'],
    ['comes after the echo', CSQ, 'AT+CSQ\r\r\n+CSQ: 9,99\r\n\r\nOK\r\n', '9'],
    ['has unasked lines around it', CSQ, '\r\n+CREG: 2\r\n\r\n+CSQ: 20,99\r\nRING\r\n\r\nOK\r\n', '20'],
    ['has garbage before it on its own line', CSQ, '\x00\xff+CSQ: 7\xfe+CSQ: 20,99\r\nOK\r\n', '20'],
    ['is waited for after an OK of an earlier command', CSQ, '\r\nOK\r\n', 'waits'],
    ['is taken after such an OK', CSQ, '\r\nOK\r\n\r\n+CSQ: 20,99\r\n\r\nOK\r\n', '20'],
    ['is not whole without its OK', CSQ, '\r\n+CSQ: 20,99\r\n', 'waits'],
    ['may be none', null, '\r\nOK\r\n', 'done'],
    ['may be a refusal', CSQ, '\r\nERROR\r\n', 'error'],
    ['may be one with its reason', CSQ, '\r\n+CME ERROR: 10\r\n', 'cme-10'],
    ['is no part of a longer line', CSQ, '\r\nERROR 7\r\nOK then\r\n', 'waits'],
  ])('%s', (_, wanted, text, expected) => {
    expect(answer(wanted, text)).toBe(expected);
  });

  test('may come byte by byte, and an endless line is kept in bounds', () => {
    const reply = new AtReply(CSQ);
    const bytes = Buffer.from(`${'x'.repeat(100_000)}\r\n+CSQ: 31,99\r\n\r\nOK\r\n`);
    const results = [...bytes].map((byte) => reply.push(Buffer.from([byte])));
    const answers = results.filter((each) => each !== undefined);
    expect(answers.map((each) => each !== undefined && 'info' in each && each.info?.[1])).toEqual(['31']);
  });
});

test('signal strengths are those of 3GPP TS 27.007, section 8.5', () => {
  expect([0, 1, 20, 31, 99].map(dbmOfCsq)).toEqual([-113, -111, -73, -51, undefined]);
  expect([0, 65, 100].map(dbmOfPercent)).toEqual([-113, -73, -51]);
});

describe("ModemManager's answer", () => {
  const said = (state: string, registration: string, quality = '67', reason = '--') =>
    parseModemManager(
      JSON.stringify({
        modem: {
          '3gpp': { 'registration-state': registration, 'operator-name': 'CHINA MOBILE' },
          generic: { state, 'state-failed-reason': reason, 'signal-quality': { recent: 'yes', value: quality } },
        },
      }),
    );

  test.each([
    ['connected', 'home', 'registered'],
    ['registered', 'home-sms-only', 'registered'],
    ['connected', 'roaming', 'roaming'],
    ['searching', 'searching', 'searching'],
    ['enabled', 'denied', 'denied'],
    ['enabled', '--', 'searching'],
    ['locked', '--', 'locked'],
    ['disabled', '--', 'disabled'],
  ])('%s and %s is %s', (state, registration, wanted) => {
    expect(said(state, registration).state).toEqual({ raw: wanted });
  });

  test('a modem that failed for its SIM has none', () => {
    expect(said('failed', '--', '0', 'sim-missing').state).toEqual({ raw: 'no-sim' });
    expect(said('failed', '--', '0', 'unknown').state).toEqual({ raw: 'disabled' });
  });

  test('its quality is a strength, and none where it is off or says nothing', () => {
    expect(said('connected', 'home').signal).toEqual({ raw: -71 });
    expect(said('disabled', '--', '0').signal).toMatchObject({ code: 'no-value' });
    expect(said('connected', 'home', '--').signal).toMatchObject({ code: 'no-value' });
    expect(parseModemManager('{"modem":{}}')).toMatchObject({ state: { code: 'modem' }, signal: { code: 'modem' } });
    expect(parseModemManager('not JSON').state).toMatchObject({ code: 'modem' });
  });
});

describe('bytes of a month', () => {
  const seen = (bytes: number, boot = 'a', index = '3') => ({ boot, index, bytes });
  const before = { month: '2026-07-01', bytes: 500, seen: seen(1000) };

  test.each([
    ['go on with what was added', seen(1200), '2026-07-01', 700],
    ['after a boot all that is counted is new', seen(300, 'b'), '2026-07-01', 800],
    ['also where it has come beyond the last figure', seen(1300, 'b'), '2026-07-01', 1800],
    ['when the interface was made anew too', seen(1300, 'a', '4'), '2026-07-01', 1800],
    ['when the counter went back too', seen(10), '2026-07-01', 510],
    ['begin anew with a month, with what was added since', seen(1200), '2026-08-01', 200],
    ['do not begin anew when the clock goes back', seen(1200), '2026-06-01', 700],
  ])('%s', (_, now, month, bytes) => {
    expect(countOn(before, now, month, '2026-09-01')).toMatchObject({ bytes, seen: now });
  });

  test('a month that a wrong clock began in the future ends when the clock is right', () => {
    const wrong = { ...before, month: '2035-01-01' };
    expect(countOn(wrong, seen(1200), '2026-07-01', '2026-08-01')).toMatchObject({ month: '2026-07-01', bytes: 700 });
    expect(countOn({ ...before, month: '2026-08-01' }, seen(1200), '2026-07-01', '2026-08-01').month).toBe(
      '2026-08-01',
    );
  });

  test('the first time only a beginning is made', () => {
    expect(countOn(undefined, seen(9999), '2026-07-01', '2026-08-01')).toEqual({
      month: '2026-07-01',
      bytes: 0,
      seen: seen(9999),
    });
  });

  test.each([
    ['2026-07-31T23:59:59+08:00', 1, '2026-07-01'],
    ['2026-08-01T00:00:00+08:00', 1, '2026-08-01'],
    ['2026-07-26T12:00:00+08:00', 27, '2026-06-27'],
    ['2026-07-27T00:00:00+08:00', 27, '2026-07-27'],
    ['2026-01-05T00:00:00+08:00', 27, '2025-12-27'],
  ])('at %s a month that begins on day %d began on %s', (at, day, month) => {
    expect(monthOf(Date.parse(at), openZone('Asia/Shanghai'), day)).toBe(month);
  });
});

describe('the time of a network', () => {
  const cclk = (line: string): string => {
    const told = CCLK.exec(line);
    if (told === null) return 'no answer';
    const time = networkTimeOf(told, 'local');
    return 'code' in time ? time.code : new Date(time.at).toISOString();
  };
  test.each([
    ['+CCLK: "94/05/06,22:10:00+08"', '1994-05-06T20:10:00.500Z'],
    ['+CCLK: "26/07/15,22:00:00+32"', '2026-07-15T14:00:00.500Z'],
    ['+CCLK: "26/12/31,20:00:00-24"', '2027-01-01T02:00:00.500Z'],
    ['+CCLK: "26/07/15,19:45:00+23"', '2026-07-15T14:00:00.500Z'],
    ['+CCLK:26/07/15,22:00:00+32', '2026-07-15T14:00:00.500Z'],
    ['+CCLK: "26/07/15,22:00:00"', 'no-network-time'],
    ['+CCLK: "26/07/15"', 'no answer'],
    ['+CCLK: "26/77/15,22:00:00+32"', 'modem'],
    ['+CCLK: "26/07/00,22:00:00+32"', 'modem'],
    ['+CCLK: "26/07/15,24:00:00+32"', 'modem'],
  ])('%s', (line, wanted) => {
    expect(cclk(line)).toBe(wanted);
  });

  const mmcli = (current: unknown) => {
    const time = parseModemManagerTime(JSON.stringify({ modem: { time: { current }, timezone: { current: '480' } } }));
    return 'code' in time ? time.code : new Date(time.at).toISOString();
  };
  test.each([
    ['2026-07-15T22:00:00+08', '2026-07-15T14:00:00.500Z'],
    ['2026-07-15T22:00:00+08:00', '2026-07-15T14:00:00.500Z'],
    ['2026-07-15T22:00:00+0800', '2026-07-15T14:00:00.500Z'],
    ['2026-07-15T14:00:00Z', '2026-07-15T14:00:00.500Z'],
    ['2026-07-15T22:00:00', 'no-network-time'],
    ['--', 'no-network-time'],
    [null, 'no-network-time'],
  ])('mmcli says %j', (current, wanted) => {
    expect(mmcli(current)).toBe(wanted);
  });
});
