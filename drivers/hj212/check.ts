import type { SpecProblem } from '../driver.ts';
import type { Hj212Device } from './kind.ts';

const SECRET = `"\${env:NAME}"`;
/** 24 characters since the 2017 edition, 14 in that of 2005. */
const USUAL_MN = /^(?:[0-9A-F]{24}|[0-9A-Z]{14})$/;

/** What is wrong with how the instruments of one link share it. */
export function checkDevices(devices: readonly Hj212Device[]): SpecProblem[] {
  const problems: SpecProblem[] = [];
  const taken = new Map<string, string>();
  for (const { id, options } of devices) {
    const { mn, password } = options;
    const other = taken.get(mn.toUpperCase());
    if (other !== undefined) {
      const message = `${mn} is ${other}'s MN; each instrument on a link needs its own`;
      problems.push({ device: id, field: 'mn', message, severity: 'error' });
    }
    taken.set(mn.toUpperCase(), other ?? id);
    const warn = (field: string, message: string) => problems.push({ device: id, field, message, severity: 'warning' });
    if (!USUAL_MN.test(mn)) {
      warn('mn', `${mn} is none by the standard: 24 characters 0-9 A-F, or 14 in the 2005 edition`);
    }
    if (password === undefined) {
      warn('password', `there is none, so whoever sends this MN is believed; set password: ${SECRET} to its PW`);
    }
  }
  return problems;
}
