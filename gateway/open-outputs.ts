import type { Clock } from '#kit/clock.ts';
import { isEqual } from '#kit/equal.ts';
import type { Log } from '#kit/log.ts';
import type { OpenLink, Written } from '../drivers/driver.ts';
import { READING_CODES } from '../drivers/reading.ts';
import { NOTHING } from './alarms/step.ts';
import type { LiveJudge } from './judge/live-judge.ts';
import type { GatewaySite } from './kinds.ts';
import type { Accounts } from './ledger/accounts.ts';
import type { Output, OutputUse, OutputValue, OutputView } from './outputs/output.ts';
import { Outputs } from './outputs/outputs.ts';
import { linkSpecs } from './site/link-spec.ts';

export interface OutputParts {
  readonly links: ReadonlyMap<string, OpenLink>;
  readonly live: LiveJudge;
  readonly clock: Clock;
  readonly wire: Clock;
  readonly log: Log;
}

/** The outputs of a site, moved by its alarms, written by its links, told in its ledger. */
export function openOutputs(site: GatewaySite, { links, live, clock, wire, log }: OutputParts): Outputs {
  const outputs = new Outputs({
    outputs: site.outputs,
    usesOf: usesOf(site),
    alarms: () => live.alarms,
    write: (link, point, value, signal) => writePoint(links.get(link), point, value, signal),
    ...{ clock, wire, log },
    encodeTime: (at) => live.judge.zone.encode(at),
    tell: (entry) => void live.keep(NOTHING, [entry]),
  });
  live.onAlarms(() => outputs.refresh());
  return outputs;
}

/** What the rules of a site want of its outputs, by rule. */
export function usesOf({ rules }: Pick<GatewaySite, 'rules'>): (rule: string) => readonly OutputUse[] {
  const uses = new Map(rules.flatMap(({ id, outputs }) => (outputs === undefined ? [] : [[id, outputs] as const])));
  return (rule) => uses.get(rule) ?? [];
}

/** Those of the next site that are written where they were: a relay at another address is another relay, and the old one stays as it is told. */
export function stayingOutputs(before: GatewaySite, next: GatewaySite): readonly Output[] {
  const [old, now] = [placesOf(before), placesOf(next)];
  return next.outputs.filter((output) => isEqual(old(output), now(output)));
}

/** Where an output is in the world: its link, its device on it, and what stands for it there. */
function placesOf(site: GatewaySite): (output: Output) => unknown {
  const links = linkSpecs(site);
  return (output) => {
    const { devices = [], ...link } = links.find(({ id }) => id === output.link) ?? {};
    const { options, points = [] } = devices.find(({ id }) => id === output.device) ?? {};
    const { source, convert, states } = points.find(({ key }) => key === output.point) ?? {};
    return { link, options, source, convert, states };
  };
}

async function writePoint(
  link: OpenLink | undefined,
  point: string,
  value: number | string,
  signal: AbortSignal,
): Promise<Written> {
  if (link === undefined) return { done: false, code: READING_CODES.linkDown };
  return (await link.write?.(point, value, signal)) ?? { done: false, code: 'not-writable' };
}

/** The outputs for whoever is at the box itself. Each throws a Fault why not. */
export interface OutputSwitch {
  list(): readonly OutputView[];
  set(id: string, value: OutputValue, forMs: number, by: string): Promise<OutputView>;
  release(id: string, by: string): Promise<OutputView>;
}

export function switchOf(outputs: Outputs, accounts: Pick<Accounts, 'audit'>, clock: Clock): OutputSwitch {
  const audit = (who: string, what: string, detail: object) => accounts.audit({ at: clock.now(), who, what, detail });
  return {
    list: () => outputs.list(),
    async set(id, value, forMs, by) {
      const view = outputs.set(id, value, forMs, { by, isAdmin: true });
      await audit(by, 'output-set', { output: id, value, forMs });
      return view;
    },
    async release(id, by) {
      const view = outputs.release(id, by);
      await audit(by, 'output-released', { output: id });
      return view;
    },
  };
}
