import type { LineAnswer, SerialSettings, Symptom } from '../../drivers/driver.ts';
import { nameSettings } from './scan-order.ts';

/** What came of asking one unit several times the same. */
export interface ErrorCounts extends Readonly<Record<Symptom, number>> {
  readonly asked: number;
  readonly data: number;
  /** Answers that say no, by their code. */
  readonly exceptions: Readonly<Record<number, number>>;
  /** Before an answer, or instead of one. */
  readonly echoes: number;
  /** Answers that came after their time-out. */
  readonly late: number;
  /** The link itself was down. */
  readonly closed: number;
  /** Where the unit answered, when it was asked at other settings too. */
  readonly elsewhere?: SerialSettings | undefined;
  /** The link's own settings. */
  readonly own?: SerialSettings | undefined;
}

export type Cause =
  | 'fine'
  | 'line-down'
  | 'nothing'
  | 'echo'
  | 'garbage'
  | 'wrong-parity'
  | 'wrong-baud'
  | 'noise'
  | 'two-devices'
  | 'wrong-unit'
  | 'exception'
  | 'slow';

interface Words {
  readonly zh: string;
  readonly en: string;
}

/** What is the matter with the wire or the device, and what to do about it. */
export interface Hint {
  readonly cause: Cause;
  readonly says: Words;
  readonly remedy: Words;
}

export function countAnswers(answers: readonly LineAnswer[]): ErrorCounts {
  const counts = {
    ...{ asked: answers.length, data: 0, echoes: 0, late: 0, closed: 0 },
    ...{ silence: 0, 'echo-only': 0, double: 0, crc: 0, foreign: 0, garbage: 0 },
  };
  const exceptions: Record<number, number> = {};
  for (const answer of answers) {
    if (answer.echo) counts.echoes++;
    if (answer.late !== undefined) counts.late++;
    if (answer.kind === 'none') counts[answer.symptom]++;
    else if (answer.kind === 'exception') exceptions[answer.code] = (exceptions[answer.code] ?? 0) + 1;
    else counts[answer.kind]++;
  }
  return { ...counts, exceptions };
}

/** The likeliest cause of a pattern of errors. Pure. */
export function hintOf(counts: ErrorCounts): Hint {
  const cause = causeOf(counts);
  const [says, remedy] = TEXTS[cause](counts);
  return { cause, says, remedy };
}

function causeOf(counts: ErrorCounts): Cause {
  const { asked, data, exceptions, late, closed, elsewhere, own } = counts;
  const refused = Object.values(exceptions).reduce((sum, count) => sum + count, 0);
  if (asked === 0 || closed === asked) return 'line-down';
  if (counts.double > 0) return 'two-devices';
  if (late > 0 && late >= data + refused) return 'slow';
  if (counts.crc > 0) return 'noise';
  if (data === 0 && refused === 0 && elsewhere !== undefined && own !== undefined) {
    return elsewhere.baud === own.baud ? 'wrong-parity' : 'wrong-baud';
  }
  if (counts.garbage > 0) return data > counts.garbage ? 'noise' : 'garbage';
  if (refused > data) return 'exception';
  if (counts.foreign > 0 && data === 0) return 'wrong-unit';
  if (counts['echo-only'] > 0) return 'echo';
  if (counts.silence > data) return 'nothing';
  return 'fine';
}

const words = (zh: string, en: string): Words => ({ zh, en });
type Text = (counts: ErrorCounts) => readonly [says: Words, remedy: Words];
const at = ({ elsewhere }: ErrorCounts): string => (elsewhere === undefined ? '' : nameSettings(elsewhere));

const TEXTS: Readonly<Record<Cause, Text>> = {
  fine: () => [words('通信正常', 'It answers as it should.'), words('无需处理', 'Nothing to do.')],
  'line-down': () => [
    words('串口或连接打不开', 'The port or connection cannot be opened.'),
    words(
      '检查适配器是否插好、端口是否被其他程序占用',
      'Is the adapter plugged in, and does another program use the port?',
    ),
  ],
  nothing: () => [
    words('没有任何应答', 'Not one byte comes back.'),
    words(
      '依次检查：设备是否有电；A、B 线是否接反或断开；地址和波特率是否正确（用 gengfu scan 扫描总线）',
      'In this order: does the device have power; are A and B broken or taken for each other at the device; are address and baud right (gengfu scan finds out)?',
    ),
  ],
  echo: () => [
    words('只听到自己发出的内容，没有设备应答', 'Only what was sent comes back; no device answers.'),
    words(
      '适配器会回送自己的发送（无妨），但设备没有应答：检查设备电源、A、B 线和地址；收发短接也会这样',
      'The adapter gives back what it sends, which does no harm; but the device is silent: check its power, A and B, its address. Transmit and receive bridged look the same.',
    ),
  ],
  garbage: () => [
    words('收到的是乱码', 'What comes back is garbage.'),
    words(
      '最可能是 A、B 线接反：对调后再试；否则检查波特率、校验位和接地',
      'Most likely A and B are taken for each other: swap them. Else check baud, parity and the common ground.',
    ),
  ],
  'wrong-parity': (counts) => [
    words(`校验位不对：设备在 ${at(counts)} 下应答`, `The parity is wrong: the device answers at ${at(counts)}.`),
    words(
      '把链路的校验位改成设备的，或改设备',
      "Set the link's parity to the device's, or the device's to the link's.",
    ),
  ],
  'wrong-baud': (counts) => [
    words(`波特率不对：设备在 ${at(counts)} 下应答`, `The baud rate is wrong: the device answers at ${at(counts)}.`),
    words(
      '把链路的波特率改成设备的，或改设备',
      "Set the link's baud rate to the device's, or the device's to the link's.",
    ),
  ],
  noise: () => [
    words('应答有误码（CRC 错误）', 'Answers come with wrong bits (CRC).'),
    words(
      '检查终端电阻（两端各 120 Ω）、屏蔽接地、线长和强电干扰；也可能有两台设备同一地址',
      'Check the terminators (120 Ω at both ends), the shield, the length of the line and power lines beside it. Two devices with one address can look so too.',
    ),
  ],
  'two-devices': () => [
    words('同一地址有两台设备同时应答', 'Two devices answer to one address.'),
    words('断开其中一台，改掉另一台的地址', 'Take one off the line and give the other another address.'),
  ],
  'wrong-unit': () => [
    words('应答的是别的地址', 'Another address answers.'),
    words(
      '核对设备地址；总线上可能还有另一台主机',
      "Check the device's address; there may be a second master on the line.",
    ),
  ],
  exception: ({ exceptions }) => [
    words(
      `设备应答，但拒绝请求（异常码 ${Object.keys(exceptions).join('、')}）`,
      `The device answers and refuses (exception ${Object.keys(exceptions).join(', ')}).`,
    ),
    words(
      '接线没有问题：核对设备型号模板和寄存器地址',
      'The wiring is right: check the device model and its registers.',
    ),
  ],
  slow: () => [
    words('设备应答太慢，超过了等待时间', 'The device answers, but later than it is waited for.'),
    words('把链路或设备的 timeout 调大', 'Give the link or the device a longer timeout.'),
  ],
};
