/** What a modem is set to; all of it can be changed while it runs. */
export interface ModemNature {
  /** 0 to 31, or 99: not known (3GPP TS 27.007, section 8.5). */
  csq: number;
  /** <stat> of +CREG and of +CEREG: 0 not registered, 1 home, 2 searching, 3 denied, 5 roaming. */
  creg: number;
  cereg: number;
  /** What +CPIN? says; null: there is no SIM. */
  pin: 'READY' | 'SIM PIN' | null;
  /** Whether it gives reasons by number (+CME ERROR) once it is asked to. */
  knowsReasons: boolean;
  /** What +CCLK? says between its quotes (3GPP TS 27.007, section 8.15); null: it does not know the command. */
  cclk: (() => string) | null;
}

export const aModem = (): ModemNature => ({
  csq: 20,
  creg: 1,
  cereg: 1,
  pin: 'READY',
  knowsReasons: true,
  cclk: () => '80/01/06,00:00:12+00',
});

/** The commands of one modem, answered as ITU-T V.250 has it: verbose, with echo until ATE0. */
export class Modem {
  readonly #nature: ModemNature;
  #echoes = true;
  #givesReasons = false;

  constructor(nature: ModemNature) {
    this.#nature = nature;
  }

  /** All that it sends to one command line, its echo first. */
  answer(line: string): string {
    const echo = this.#echoes ? `${line}\r` : '';
    return echo + this.#reply(line.trim().toUpperCase()).map(frame).join('');
  }

  #reply(command: string): string[] {
    const { csq, creg, cereg } = this.#nature;
    switch (command) {
      case 'AT':
        return ['OK'];
      case 'ATE0':
      case 'ATE1':
        this.#echoes = command === 'ATE1';
        return ['OK'];
      case 'AT+CMEE=1':
        this.#givesReasons = this.#nature.knowsReasons;
        return [this.#nature.knowsReasons ? 'OK' : 'ERROR'];
      case 'AT+CSQ':
        return [`+CSQ: ${csq},99`, 'OK'];
      case 'AT+CREG?':
        return [`+CREG: 0,${creg}`, 'OK'];
      case 'AT+CEREG?':
        return [`+CEREG: 2,${cereg},"1A2B","0C3D4E5F",7`, 'OK'];
      case 'AT+CCLK?':
        return this.#nature.cclk === null ? ['ERROR'] : [`+CCLK: "${this.#nature.cclk()}"`, 'OK'];
      case 'AT+CPIN?':
        if (this.#nature.pin === null) return [this.#givesReasons ? '+CME ERROR: 10' : 'ERROR'];
        return [`+CPIN: ${this.#nature.pin}`, 'OK'];
      default:
        return ['ERROR'];
    }
  }
}

const frame = (line: string): string => `\r\n${line}\r\n`;
