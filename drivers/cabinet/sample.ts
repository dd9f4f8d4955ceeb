/** What one source gives at one time: a raw value, with what it is in the point's own unit where that differs, or why there is none. */
export type Sample = { readonly raw: number | string; readonly scaled?: number } | Failed;

/** `code` is that of the readings, `error` is for a person. */
export interface Failed {
  readonly code: string;
  readonly error: string;
}

export const hasFailed = (sample: object): sample is Failed => 'code' in sample;

/** Codes of readings that this driver gives beside those of every driver. */
export const CABINET_CODES = {
  /** gpiomon, gpioget or mmcli is not installed. */
  noProgram: 'no-program',
  /** A program ended with an error, such as a line that another program holds. */
  program: 'program',
  noSupply: 'no-supply',
  noSensor: 'no-sensor',
  noInterface: 'no-interface',
  noModem: 'no-modem',
  /** The modem said ERROR, or something that is no answer. */
  modem: 'modem',
  /** The modem has a clock, but no network has set it. */
  noNetworkTime: 'no-network-time',
} as const;
