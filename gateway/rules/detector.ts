/** A detector's `test` never raises; it is an event of the device (RULES.md, section 5). */
export const isTest = (quantity: string, state: number | string | null): boolean =>
  state === 'test' && (quantity === 'smoke.state' || quantity === 'gas.state');

/** A smoke detector in alarm is never held nor capped (RULES.md, section 5). */
export const isFire = (quantity: string, state: number | string | null): boolean =>
  state === 'alarm' && quantity === 'smoke.state';
