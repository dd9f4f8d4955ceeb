import type { SpecProblem } from '../driver.ts';
import type { CabinetLinkSpec } from './kind.ts';

const SOURCES = ['gpio', 'supply', 'thermal', 'hwmon', 'modem', 'data'] as const;

/** What is wrong with how a cabinet's points are taken: none or two sources of one, two points on one pin. */
export function checkCabinet({ devices }: CabinetLinkSpec): SpecProblem[] {
  const problems: SpecProblem[] = [];
  const pins = new Map<string, string>();
  for (const { device, id, key, source } of devices.flatMap(({ points }) => points)) {
    const refuse = (message: string) => problems.push({ device, point: id, message, severity: 'error' });
    const named = SOURCES.filter((name) => source[name] !== undefined);
    if (named.length !== 1) {
      refuse(`must name one of ${SOURCES.join(', ')}${named.length > 1 ? `, not ${named.join(' and ')}` : ''}`);
    }
    if (source.gpio === undefined) continue;
    const pin = `${source.gpio.chip} line ${source.gpio.line}`;
    const other = pins.get(pin);
    if (other === undefined) pins.set(pin, key);
    else refuse(`${pin} is ${other}'s already`);
  }
  return problems;
}
