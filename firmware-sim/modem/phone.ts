import type { Duplex } from 'node:stream';
import { Modem, type ModemNature } from './modem.ts';
import { aPhone, type PhoneNature } from './phone-nature.ts';
import { type ReadSubmit, readSubmit, writeDeliver, writeReport } from './sms.ts';

/** 3GPP TS 27.007, section 7.18: <stat>. */
const ALERTING = 3;
const ACTIVE = 0;
const MOST_SENT = 1000;

type Later = (ms: number, run: () => void) => void;
const realLater: Later = (ms, run) => void setTimeout(run, ms).unref();

/** A modem that sends messages and calls, with the network and the phones behind it. */
export class Phone {
  readonly #basics: Modem;
  readonly #registration: ModemNature;
  readonly nature: PhoneNature;
  readonly #later: Later;
  readonly #stored = new Map<number, string>();
  #line: Duplex | undefined;
  #typed = '';
  /** Length that was announced, while it waits for the message. */
  #awaits: number | undefined;
  #reference = 250;
  #call: { number: string; stat: number } | undefined;
  /** What came to the network. */
  readonly sent: ReadSubmit[] = [];
  readonly dialled: string[] = [];
  /** A dial that was not answered. */
  #dialling: { readonly number: string } | undefined;
  /** Tones and texts that were played into calls. */
  readonly played: string[] = [];
  readonly commands: string[] = [];
  hangUps = 0;

  constructor(nature: Partial<PhoneNature>, basics: ModemNature, later: Later = realLater) {
    this.nature = { ...aPhone(), ...nature };
    this.#registration = basics;
    this.#basics = new Modem(basics);
    this.#later = later;
  }

  /** Answers on that line; another line may come after it. */
  serve(line: Duplex): void {
    this.#line = line;
    this.#typed = '';
    this.#awaits = undefined;
    line.on('data', (chunk: Buffer) => {
      for (const character of chunk.toString('latin1')) this.#take(character);
    });
  }

  /** The report of a message that was sent before. */
  report(reference: number, to: string, status: number): void {
    const hex = writeReport(reference, to, status);
    this.#say([`+CDS: ${hex.length / 2 - 1}`, hex]);
  }

  /** A message to this phone. `stored`: it is told of, and lies in its memory. */
  receive(from: string, text: string, how: 'stored' | 'direct' = 'stored'): void {
    const hex = writeDeliver(from, text);
    const index = Math.max(-1, ...this.#stored.keys()) + 1;
    if (how === 'stored') this.#stored.set(index, hex);
    this.#say(how === 'stored' ? [`+CMTI: "SM",${index}`] : [`+CMT: ,${hex.length / 2 - 8}`, hex]);
  }

  get stored(): number {
    return this.#stored.size;
  }

  press(key: string): void {
    const forms = { rxdtmf: `+RXDTMF: ${key}`, dtmf: `+DTMF: ${key},160`, qtonedet: `+QTONEDET: ${key.charCodeAt(0)}` };
    this.#say([forms[this.nature.keyForm]]);
  }

  /** <stat> of +CEREG from now on. */
  register(stat: number): void {
    this.#registration.cereg = stat;
  }

  /** As after a dip of its supply. */
  reset(): void {
    this.#call = undefined;
    this.#awaits = undefined;
    this.#say(['RDY', '+CPIN: READY']);
  }

  #say(lines: readonly string[]): void {
    this.#line?.write(lines.map((text) => `\r\n${text}\r\n`).join(''));
  }

  #take(character: string): void {
    // A dial that was not answered yet is ended by any character, which is not looked at (ITU-T V.250, section 5.6.1).
    if (this.#dialling !== undefined && character !== '\n') {
      this.#dialling = undefined;
      this.#say(['NO CARRIER']);
      return;
    }
    const isMessage = this.#awaits !== undefined;
    const isEnd = isMessage ? character === '\u001a' || character === '\u001b' : character === '\r';
    if (!isEnd) {
      if (this.#typed.length < 1000) this.#typed += character;
      return;
    }
    const typed = this.#typed.trim();
    const length = this.#awaits;
    this.#typed = '';
    this.#awaits = undefined;
    if (length !== undefined) this.#say(character === '\u001b' ? ['OK'] : this.#takeMessage(typed, length));
    else if (typed !== '') this.#answer(typed);
  }

  #answer(command: string): void {
    this.commands.push(command);
    if (this.commands.length > MOST_SENT) this.commands.shift();
    const lines = this.#linesFor(command);
    if (lines === undefined) this.#line?.write(this.#basics.answer(command));
    else this.#say(lines);
  }

  /** Undefined for what every modem knows. */
  #linesFor(command: string): readonly string[] | undefined {
    const [, name = command, value = ''] = /^(AT\+\w+)=(.*)$/.exec(command) ?? [];
    if (/^AT\+(CMGF|CPMS|CSMS|CNMI|DDET|QTONEDET|VTD)$/.test(name) && value !== '') return ['OK'];
    if (/^ATD/.test(command)) return this.#dial(command.slice(3));
    switch (name) {
      case 'AT+CMGS':
        return this.#askForMessage(Number(value));
      case 'AT+CMGL':
        return [...[...this.#stored].flatMap(([at, hex]) => [`+CMGL: ${at},1,,${hex.length / 2 - 8}`, hex]), 'OK'];
      case 'AT+CMGR':
        return this.#read(Number(value));
      case 'AT+CMGD':
        return this.#stored.delete(Number(value)) ? ['OK'] : ['+CMS ERROR: 321'];
      case 'AT+VTS':
      case 'AT+CTTS':
      case 'AT+QTTS':
        return this.#play(value);
      case 'ATH':
      case 'AT+CHUP':
        return this.#hangUp();
      case 'AT+CLCC':
        return this.#call === undefined
          ? ['OK']
          : [`+CLCC: 1,0,${this.#call.stat},0,0,"${this.#call.number}",129`, 'OK'];
      default:
        return undefined;
    }
  }

  #askForMessage(length: number): readonly string[] {
    if (this.nature.sms === 'no-prompt') return [];
    this.#awaits = length;
    this.#line?.write('\r\n> ');
    return [];
  }

  #takeMessage(hex: string, length: number): readonly string[] {
    const { sms, reports, reportsEarly } = this.nature;
    if (typeof sms === 'number') return [`+CMS ERROR: ${sms}`];
    if (sms === 'once') {
      this.nature.sms = 'takes';
      return ['+CMS ERROR: 38'];
    }
    if (sms === 'one') this.nature.sms = 41;
    const message = readOrNothing(hex);
    if (message?.length !== length) return ['+CMS ERROR: 304'];
    this.sent.push(message);
    if (this.sent.length > MOST_SENT) this.sent.shift();
    if (sms === 'resets') this.reset();
    if (sms === 'no-answer' || sms === 'resets') return [];
    this.#reference = (this.#reference + 1) & 0xff;
    const reference = this.#reference;
    if (reports !== null && reportsEarly) this.report(reference, message.to, reports);
    if (reports !== null && !reportsEarly) this.#later(0, () => this.report(reference, message.to, reports));
    return [`+CMGS: ${reference}`, 'OK'];
  }

  #read(index: number): readonly string[] {
    const hex = this.#stored.get(index);
    return hex === undefined ? ['+CMS ERROR: 321'] : [`+CMGR: 0,,${hex.length / 2 - 8}`, hex, 'OK'];
  }

  #play(value: string): readonly string[] {
    if (this.#call?.stat !== ACTIVE) return ['+CME ERROR: 3'];
    this.played.push(value);
    const [key, ...others] = this.nature.keys;
    this.nature.keys = others.join('');
    if (key !== undefined) this.#later(0, () => this.press(key));
    return ['OK'];
  }

  #dial(text: string): readonly string[] {
    const { call, ringMs } = this.nature;
    if (!text.endsWith(';')) return ['NO CARRIER'];
    const number = text.slice(0, -1);
    this.dialled.push(number);
    if (call === 'refused') return ['+CME ERROR: 30'];
    if (call === 'slow') {
      const dial = { number };
      this.#dialling = dial;
      this.#later(ringMs, () => {
        if (this.#dialling === dial) this.#say(['NO ANSWER']);
        this.#dialling = undefined;
      });
      return [];
    }
    const own = { number, stat: ALERTING };
    this.#call = own;
    if (call !== 'rings') this.#later(ringMs, () => this.#call === own && this.#settle(own));
    return ['OK'];
  }

  /** What becomes of a call once it has rung. */
  #settle(own: { stat: number }): void {
    const { call, ringMs, saysVoice } = this.nature;
    switch (call) {
      case 'answers':
      case 'hangs-up':
        own.stat = ACTIVE;
        if (saysVoice) this.#say(['VOICE CALL: BEGIN']);
        if (call === 'hangs-up') this.#later(ringMs, () => this.#over('VOICE CALL: END: 000001'));
        break;
      case 'resets':
        this.reset();
        break;
      default:
        this.#over(call === 'busy' ? 'BUSY' : call === 'no-answer' ? 'NO ANSWER' : 'NO CARRIER');
    }
  }

  #over(line: string): void {
    this.#call = undefined;
    if (this.nature.saysVoice) this.#say([line]);
  }

  #hangUp(): readonly string[] {
    if (this.#call !== undefined) this.hangUps++;
    this.#call = undefined;
    return ['OK'];
  }
}

/** Undefined for what a network refuses. */
function readOrNothing(hex: string): ReadSubmit | undefined {
  try {
    return readSubmit(hex);
  } catch {
    return undefined;
  }
}
