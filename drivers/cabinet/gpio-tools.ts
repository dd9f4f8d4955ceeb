/** How gpiomon and gpioget of libgpiod are called and what they print. Version 2 has other options than version 1. */
export type GpiodVersion = 1 | 2;

export const BIASES = ['as-is', 'pull-up', 'pull-down', 'disabled'] as const;
export type Bias = (typeof BIASES)[number];

export interface GpioCall {
  readonly chip: string;
  readonly bias: Bias;
  readonly lines: readonly number[];
}

/** From `gpioget --version`: `gpioget (libgpiod) v1.6.3`; undefined when it is none that is known. */
export function parseVersion(text: string): GpiodVersion | undefined {
  const [, major] = /\(libgpiod\) v(\d+)\./.exec(text) ?? [];
  return major === '1' ? 1 : major === '2' ? 2 : undefined;
}

/** gpioget(1): the levels of all lines once, in the order in which they are named. */
export const encodeGet = (version: GpiodVersion, call: GpioCall): string[] =>
  version === 1
    ? [...biasOf(version, call.bias), call.chip, ...call.lines.map(String)]
    : ['--numeric', ...biasOf(version, call.bias), '--chip', call.chip, ...call.lines.map(String)];

/** gpiomon(1): a line for each edge, `17 1` or `17 rising`, written at once. */
export const encodeMonitor = (version: GpiodVersion, call: GpioCall): string[] =>
  version === 1
    ? ['--line-buffered', '--format=%o %e', ...biasOf(version, call.bias), call.chip, ...call.lines.map(String)]
    : ['--format', '%o %E', ...biasOf(version, call.bias), '--chip', call.chip, ...call.lines.map(String)];

/** Version 1 calls `disable` what version 2 calls `disabled`; as-is is what both do when nothing is said. */
function biasOf(version: GpiodVersion, bias: Bias): string[] {
  if (bias === 'as-is') return [];
  return version === 1 ? [`--bias=${bias === 'disabled' ? 'disable' : bias}`] : ['--bias', bias];
}

/** One level a line; undefined when it is not that. */
export function parseLevels(text: string, count: number): (0 | 1)[] | undefined {
  const words = text.trim().split(/\s+/);
  if (words.length !== count || words.some((word) => word !== '0' && word !== '1')) return undefined;
  return words.map((word) => (word === '1' ? 1 : 0));
}

export interface Edge {
  readonly line: number;
  readonly level: 0 | 1;
}

/** One line that gpiomon printed; undefined for what is none, such as a banner. */
export function parseEdge(text: string): Edge | undefined {
  const [, line, edge] = /^(\d{1,5}) (0|1|rising|falling)$/.exec(text.trim()) ?? [];
  if (line === undefined) return undefined;
  return { line: Number(line), level: edge === '1' || edge === 'rising' ? 1 : 0 };
}
