import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CommandLine, parseCommandLine, USAGE } from './command-line.ts';
import { aborted, lifetime } from './lifetime.ts';
import { loadScenario } from './load.ts';
import { type Part, type Ports, partsOf, type Reach } from './parts.ts';
import { encodePlaceholders, encodeReachLines } from './reach.ts';
import type { Scenario } from './scenario.ts';
import { openSimTime } from './sim-time.ts';
import { FileError } from './yaml-file.ts';

/** A program that does not end when told is killed after this. */
const END_MS = 3000;

/** The one entry: starts each program of a scenario as a process of its own, says where each device is, waits. */
async function main(): Promise<number> {
  let line: CommandLine;
  try {
    line = parseCommandLine(process.argv.slice(2), process.env);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n${USAGE}`);
    return 2;
  }
  try {
    const scenario = loadScenario(line.scenario, line.profiles);
    const part = line.only === null ? undefined : partsOf(scenario).get(line.only);
    if (line.only === null) return await runAll(scenario, line);
    if (part === undefined) throw new Error(`${scenario.id} has no part ${line.only}`);
    await runPart(scenario, line, part);
    return 0;
  } catch (error) {
    if (error instanceof FileError) {
      console.error(error.message);
      return 1;
    }
    console.error(`${line.only ?? 'firmware-sim'}: ${error instanceof Error ? error.message : error}`);
    return 3;
  }
}

function runPart(scenario: Scenario, line: CommandLine, part: Part): Promise<void> {
  return part({
    scenario,
    time: openSimTime(scenario.start, line.realStart, line.rate ?? scenario.rate),
    ports: line.ports,
    cityFile: line.cityFile,
    signal: lifetime(),
    onReady: (reach) => process.send?.(reach),
  });
}

async function runAll(scenario: Scenario, line: CommandLine): Promise<number> {
  const signal = lifetime();
  await using stack = new AsyncDisposableStack();
  const ports = withTtys(scenario, line.ports, stack);
  const names = [...partsOf(scenario).keys()].filter((name) =>
    line.parts.includes(name === 'city' || name === 'people' ? name : 'devices'),
  );
  const children = names.map((name) => ({ name, child: startPart(name, line, ports) }));
  stack.defer(async () => {
    await Promise.all(children.map(({ child }) => end(child)));
  });
  const failure = Promise.race(children.map(({ name, child }) => failureOf(name, child)));
  const started = Promise.all(children.map(async ({ child }) => (await once(child, 'message'))[0] as Reach));
  const reaches = await Promise.race([started, failure, aborted(signal)]);
  if (Array.isArray(reaches)) {
    const reach: Reach = Object.assign({}, ...reaches);
    for (const text of encodeReachLines(scenario, reach)) console.log(text);
    console.log(`ready ${JSON.stringify({ reach, placeholders: encodePlaceholders(reach, line.ports) })}`);
  }
  const failed = typeof reaches === 'string' ? reaches : await Promise.race([failure, aborted(signal)]);
  if (typeof failed !== 'string') return 0;
  console.error(`firmware-sim: ${failed}`);
  return 3;
}

/** Each RTU bus, and each modem, without a place of its own gets a tty in a folder of its own, gone at the end. */
function withTtys(scenario: Scenario, ports: Ports, stack: AsyncDisposableStack): Ports {
  const homeless = scenario.links.filter(
    ({ id, kind }) => (kind === 'modbus-rtu' || kind === 'modem') && ports[id] === undefined,
  );
  if (homeless.length === 0) return ports;
  const folder = mkdtempSync(join(tmpdir(), 'gengfu-sim-'));
  stack.defer(() => rmSync(folder, { recursive: true, force: true }));
  return { ...ports, ...Object.fromEntries(homeless.map(({ id }) => [id, join(folder, id)])) };
}

function startPart(name: string, line: CommandLine, ports: Ports): ChildProcess {
  const args = [
    line.scenario,
    '--only',
    name,
    '--real-start',
    String(line.realStart),
    '--ports',
    JSON.stringify(ports),
  ];
  if (line.rate !== null) args.push('--rate', String(line.rate));
  if (line.cityFile !== undefined) args.push('--city-file', line.cityFile);
  for (const folder of line.profiles) args.push('--profiles', folder);
  return fork(import.meta.filename, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
}

/** Resolves, with what to say, when a program ends before it was told to. */
async function failureOf(name: string, child: ChildProcess): Promise<string> {
  const [code, signal] = await once(child, 'exit');
  return `${name} ended (${signal ?? code})`;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), END_MS);
  await ended;
  clearTimeout(force);
}

process.exitCode = await main();
// A program's own connections must not keep it after its end.
process.exit();
