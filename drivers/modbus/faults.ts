import { codeOf, Fault, textOf } from '#kit/fault.ts';

const HINTS: Readonly<Record<string, string>> = {
  ENOENT: 'the port is not there: is the adapter plugged in, and is the path right?',
  EACCES: 'no permission: add the user to the group of the port (often dialout)',
  ECONNREFUSED: 'nothing listens there: are host and port right, and is the device on?',
  EHOSTUNREACH: 'no way to that host: is the network cable in, is the address right?',
  ENOTFOUND: 'no host of that name: is the name right, does DNS work?',
  EBUSY: 'another program has it open: a gateway that runs, or another tool',
  ENOTTY: 'that is no serial port',
};

/** The native part of serial ports gives no codes, but what the system said. */
const SAID: readonly (readonly [RegExp, string])[] = [
  [/no such file/i, 'ENOENT'],
  [/permission denied/i, 'EACCES'],
  [/cannot lock|busy/i, 'EBUSY'],
  [/inappropriate ioctl/i, 'ENOTTY'],
];

/** Why a link went down or did not come up. `cause` is what the system said. */
export const unreachable = (where: string, cause: unknown): Fault => {
  const said = textOf(cause);
  const code = codeOf(cause) ?? SAID.find(([words]) => words.test(said))?.[1];
  const hint = code === undefined ? undefined : HINTS[code];
  return new Fault('modbus-unreachable', `${where}: ${said}`, hint === undefined ? { cause } : { cause, hint });
};

export const connectTimeout = (where: string, ms: number): Fault =>
  new Fault('modbus-connect-timeout', `${where}: no connection within ${ms} ms`, {
    hint: 'is the device on, and does a firewall stand between?',
  });

export const closedByPeer = (where: string): Fault => new Fault('modbus-closed', `${where}: closed by the other side`);

/** The stream cannot be cut into frames any more, so the connection is given up. */
export const notModbus = (): Fault =>
  new Fault('modbus-not-modbus', 'what came is not Modbus TCP', {
    hint: 'a serial bridge that passes RTU frames is a link of kind modbus-rtu-over-tcp',
  });

/** So many bytes that answer nothing, one after the other. */
export const babble = (bytes: number): Fault =>
  new Fault('modbus-babble', `${bytes} bytes in a row answered nothing`, {
    hint: 'is there a second master on the line, or a wrong baud rate?',
  });

/** Requests go unanswered and not one byte comes: the connection may be gone without a word. */
export const mute = (requests: number): Fault =>
  new Fault('modbus-mute', `${requests} requests in a row without a byte in reply: the connection is made anew`);

/** The port takes no more bytes. */
export const stuck = (): Fault => new Fault('modbus-stuck', 'the port does not take bytes any more');

/** A unit of the same registration has dialled in anew. */
export const replaced = (unit: string): Fault =>
  new Fault('modbus-replaced', `${unit}: dialled in again`, {
    hint: 'if it goes on, two units have the same registration',
  });

export const silentUnit = (unit: string, ms: number): Fault =>
  new Fault('modbus-silent', `${unit}: nothing heard for ${ms / 1000} s, so its connection was closed`);

export const notDialledIn = (unit: string): Fault =>
  new Fault('modbus-not-dialled-in', `${unit}: has not dialled in`, {
    hint: 'does the unit have power and a mobile network, and are the host and port that it dials right?',
  });
