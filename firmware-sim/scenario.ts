import type { NetworkServerName } from './lorawan/network-server.ts';
import type { SimProfile, SimProfilePoint } from './profiles.ts';

/**
 * A device's vice. `slow` takes `delayMs`; `stuck` shows what it showed at the start; `drifting` adds `driftPerMin`;
 * `reboot` is silent now and then and has forgotten what it was told and counted; `echo` sends back what it heard before
 * it answers; `busy` has no time, ever; `repeat` says all twice; `refuses-writes` answers them by an exception, and
 * `ignores-writes` confirms them and does nothing. A device that is absent behaves as `silent` meanwhile.
 */
export const PERSONAS = [
  'works',
  'silent',
  'slow',
  'cut-off',
  'corrupt',
  'wrong-unit',
  'exception',
  'nonsense',
  'stuck',
  'drifting',
  'reboot',
  'echo',
  'busy',
  'repeat',
  'refuses-writes',
  'ignores-writes',
] as const;
export type Persona = (typeof PERSONAS)[number];

export const TABLES = ['coil', 'discrete', 'holding', 'input'] as const;
export type Table = (typeof TABLES)[number];

/** How a value goes through the night. Times are UTC milliseconds. */
export type Shape =
  /** Straight lines between the knots, constant outside, rounded to 0.1. */
  | { readonly kind: 'knots'; readonly knots: readonly (readonly [at: number, value: number])[] }
  /** Each holds until the next. */
  | { readonly kind: 'steps'; readonly steps: readonly (readonly [at: number, value: number | string])[] }
  /** `low` and `high` in turn, each for `everyMs`; the first change is `phaseMs` after the start. */
  | {
      readonly kind: 'toggle';
      readonly low: number;
      readonly high: number;
      readonly everyMs: number;
      readonly phaseMs: number;
    }
  /** Counts from zero since the device was switched on. */
  | { readonly kind: 'count'; readonly perSecond: number };

export const TYPES = ['u16', 's16', 'u32', 's32', 'f32', 'u64', 's64', 'f64', 'bit'] as const;
export const ORDERS = ['ABCD', 'CDAB', 'BADC', 'DCBA'] as const;

export interface SimRegister {
  readonly table: Table;
  readonly address: number;
  readonly type: (typeof TYPES)[number];
  /** Where the bytes of a 32-bit value ABCD, A the highest, stand. */
  readonly order: (typeof ORDERS)[number];
  /** 0 (lowest) to 15, for a bit of a register. */
  readonly bit: number | null;
  /** What one count of the register is worth. */
  readonly scale: number;
  /** The value at a count of 0. */
  readonly offset: number;
  /** State's name → raw value, for a point of states. */
  readonly states: Readonly<Record<string, number>>;
}

/** What else stands in a Modbus device's tables. */
export interface SimMemory {
  /** `holding 4` → its raw value, where no point changes it. */
  readonly cells: ReadonlyMap<string, number>;
  /** Between the first and the last address of each table that has any, what nobody knows reads as 0. */
  readonly spans: Readonly<Partial<Record<Table, Span>>>;
  /** Never to be touched, both ends included: asked for, they are refused. */
  readonly forbidden: readonly Span[];
}

export interface SimPoint {
  readonly id: string;
  readonly shape: Shape;
  /** Half the width of what is added live, never in a recording. */
  readonly jitter: number;
  /** Where a Modbus device keeps it. */
  readonly register: SimRegister | null;
  /** The path, or plain key, under which an MQTT device sends it. */
  readonly json: string | null;
  /** What its profile says of it, if it has one. */
  readonly model: SimProfilePoint | null;
}

export interface SimDevice {
  readonly id: string;
  readonly name: string;
  readonly link: string;
  /** Modbus. */
  readonly unit: number | null;
  /** MQTT. */
  readonly topic: string | null;
  /** LoRaWAN: sixteen hex digits. */
  readonly devEui: string | null;
  /** HTTP: what it calls itself. */
  readonly identity: string;
  readonly hj212: {
    readonly mn: string;
    readonly password: string;
    readonly st: string;
    readonly edition: 2005 | 2017 | 2025;
  } | null;
  /** Modbus: its registers are measured anew this often. MQTT: heartbeat. */
  readonly everyMs: number;
  /** MQTT: reports this often while its first point is above a value. */
  readonly while: { readonly above: number; readonly everyMs: number } | null;
  readonly persona: Persona;
  readonly delayMs: number;
  /** Of `drifting`, in the point's own unit. */
  readonly driftPerMin: number;
  /** Modbus: the holding register whose seconds it waits for a request before it forgets what was written to its coils and registers; null: none. */
  readonly watchdog: number | null;
  /** Modbus: `discrete 0` → `coil 0`, whose value stands there too: a contact that follows its relay. */
  readonly mirrors: ReadonlyMap<string, string>;
  /** Of `reboot`: each so often, how long it is away. */
  readonly reboot: { readonly everyMs: number; readonly downMs: number };
  /** From the first instant to before the second it neither answers nor reports. */
  readonly absent: readonly Span[];
  readonly points: readonly SimPoint[];
  /** What it is made from, if it is made from one. */
  readonly profile: SimProfile | null;
}

export type Span = readonly [from: number, to: number];

export type SimLink =
  | { readonly kind: 'modbus-rtu'; readonly id: string; readonly baud: number }
  | { readonly kind: 'modbus-tcp'; readonly id: string }
  /** A 4G modem with the phones behind it. */
  | { readonly kind: 'modem'; readonly id: string }
  /** A 4G serial unit that dials in to the gateway, with its devices on its serial side. */
  | {
      readonly kind: 'modbus-dial-in';
      readonly id: string;
      /** What it says of itself. */
      readonly registration: string;
      readonly heartbeat: { readonly text: string; readonly everyMs: number } | null;
    }
  | { readonly kind: 'mqtt'; readonly id: string }
  /** A network server that publishes for its devices on the gateway's broker, or on another. */
  | {
      readonly kind: 'lorawan';
      readonly id: string;
      readonly server: NetworkServerName;
      readonly application: string | null;
    }
  /** Instruments that dial in. */
  | { readonly kind: 'hj212'; readonly id: string }
  /** A cloud, or cameras, that push to a path of the gateway's. */
  | { readonly kind: 'http'; readonly id: string; readonly path: string };

/** What a person does at a time, or, by `gateway`, what it does by itself then. */
export interface Step {
  readonly at: number;
  readonly by: string;
  readonly kind: string;
  /** `rule@device/point`. */
  readonly alarm: string;
  readonly to: string | null;
  readonly note: string | null;
}

/** One night as data: what is there, what it measures when, and what people do. */
export interface Scenario {
  readonly id: string;
  readonly start: number;
  readonly end: number;
  /** Minutes east of UTC, as the start is written. */
  readonly offsetMinutes: number;
  /** Its seconds that pass in one real second. */
  readonly rate: number;
  readonly links: readonly SimLink[];
  readonly devices: readonly SimDevice[];
  /** When the city's broker is stopped; null: the scenario has no city. */
  readonly cityCuts: readonly Span[] | null;
  readonly permits: readonly Readonly<Record<string, unknown>>[];
  readonly people: readonly Step[];
}

/** Whether an instant lies in one of the spans: the first instant does, the last does not. */
export const isWithin = (spans: readonly Span[], at: number): boolean =>
  spans.some(([from, to]) => at >= from && at < to);
