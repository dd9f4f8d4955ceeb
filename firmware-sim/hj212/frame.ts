/** One HJ 212 frame as an instrument writes and reads it; this program's own, after HJ 212-2017. */
export interface SimFrame {
  readonly header: Readonly<Record<string, string>>;
  /** Between the two `&&`, as it is. */
  readonly cp: string;
}

/** Bit by bit, as appendix A writes it: the register's high byte alone meets the next one. */
export function sealOf(segment: string | Buffer): string {
  let register = 0xffff;
  for (const byte of typeof segment === 'string' ? Buffer.from(segment) : segment) {
    register = (register >> 8) ^ byte;
    for (let bit = 0; bit < 8; bit++) {
      const out = register % 2;
      register = Math.floor(register / 2);
      if (out === 1) register ^= 0xa001;
    }
  }
  return register.toString(16).toUpperCase().padStart(4, '0');
}

export function writeFrame({ header, cp }: SimFrame): string {
  const fields = Object.entries(header).map(([name, value]) => `${name}=${value}`);
  const segment = `${fields.join(';')};CP=&&${cp}&&`;
  return `##${String(Buffer.byteLength(segment)).padStart(4, '0')}${segment}${sealOf(segment)}\r\n`;
}

/** Lines of frames out of a stream; what is none is dropped. A line is at most 8 kB. */
export function frameReader(take: (frame: SimFrame) => void): (chunk: Uint8Array) => void {
  let text = '';
  return (chunk) => {
    const lines = (text + Buffer.from(chunk).toString()).split('\n');
    text = (lines.pop() ?? '').slice(-8192);
    for (const line of lines) {
      const frame = readFrame(line.trimEnd());
      if (frame !== undefined) take(frame);
    }
  };
}

function readFrame(line: string): SimFrame | undefined {
  const [, length, segment = '', seal] = /^.*?##(\d{4})(.*)([0-9A-Fa-f]{4})$/.exec(line) ?? [];
  if (Number(length) !== Buffer.byteLength(segment) || sealOf(segment) !== seal?.toUpperCase()) return undefined;
  const [, head = '', cp = ''] = /^(.*)CP=&&(.*)&&$/.exec(segment) ?? [];
  const pairs = head.split(';').filter((field) => field !== '');
  return { header: Object.fromEntries(pairs.map((field) => field.split('=') as [string, string])), cp };
}
