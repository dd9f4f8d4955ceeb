import type { PermitShape, RuleShape } from './kinds.ts';
import type { Loaded, Problem, Site } from './site.ts';

/** `devices/a.yaml:3:5: message`; a warning says that it is one. */
export const encodeProblem = ({ file, line, column, message, severity }: Problem): string =>
  `${file}:${line}:${column}: ${severity === 'warning' ? 'warning: ' : ''}${message}`;

const count = (amount: number, one: string, many = `${one}s`): string => `${amount} ${amount === 1 ? one : many}`;

/** `ok: 3 links, 12 devices, 20 points, 9 rules, 1 permit`. */
function encodeSummary({ links, rules, permits }: Site<RuleShape, PermitShape>): string {
  const devices = links.flatMap((link) => link.devices);
  const points = devices.flatMap((device) => device.points);
  const parts = [
    count(links.length, 'link'),
    count(devices.length, 'device'),
    count(points.length, 'point'),
    count(rules.length, 'rule'),
    count(permits.length, 'permit'),
  ];
  return `ok: ${parts.join(', ')}`;
}

/** What `gengfu check` prints, a line each: the problems, then `ok` and what was found, or how many errors there are. */
export function encodeCheck(loaded: Loaded<Site<RuleShape, PermitShape>>): string[] {
  const errors = loaded.problems.filter((problem) => problem.severity === 'error').length;
  return [
    ...loaded.problems.map(encodeProblem),
    loaded.site === null ? `not ok: ${count(errors, 'error')}` : encodeSummary(loaded.site),
  ];
}
