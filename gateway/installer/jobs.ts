import type { Clock } from '#kit/clock.ts';
import { Fault } from '#kit/fault.ts';
import type { Log } from '#kit/log.ts';
import type { OpenLink } from '../../drivers/driver.ts';
import { type JobRequest, type JobWish, jobRequest } from '../api/job-request.ts';
import { JobDesk, type JobTools, type JobView, type News } from '../commissioning/job.ts';
import type { GatewaySite } from '../kinds.ts';
import { type JobLink, runListen, runRead, runReadRaw, runScan, runSubnet, runWiring } from './job-kinds.ts';

export interface JobsOptions {
  /** As it is now. */
  readonly site: () => Pick<GatewaySite, 'links'>;
  readonly links: ReadonlyMap<string, OpenLink>;
  readonly clock: Clock;
  readonly wire: Clock;
  readonly log: Log;
}

/** So long may a job take: a whole scan of a bus is some minutes, and nobody listens for longer than a shift. */
const LIMIT_MS: Readonly<Record<JobRequest['kind'], number>> = {
  scan: 3_600_000,
  'scan-subnet': 3_600_000,
  read: 120_000,
  'read-raw': 60_000,
  wiring: 300_000,
  listen: 8 * 3_600_000,
};

/** Of many buses so many are told. */
const MOST_NAMED = 10;

/** What installers have the gateway do on its links while it works. */
export class Jobs implements AsyncDisposable {
  readonly #options: JobsOptions;
  readonly #desk: JobDesk;

  constructor(options: JobsOptions) {
    this.#options = options;
    this.#desk = new JobDesk(options.clock, options.wire);
  }

  /** Throws a Fault why not: `invalid`, `no-such-link`, `no-such-device`, `link-busy`, `too-many-jobs`, `bad-subnet`. */
  start(wish: JobWish, by: string): JobView {
    const parsed = jobRequest.safeParse(wish);
    if (!parsed.success) throw new Fault('invalid', parsed.error.issues.map(({ message }) => message).join('; '));
    const asked = parsed.data;
    const { link, run } = this.#jobOf(asked);
    // Who only listens takes the line from nobody.
    const owned = asked.kind === 'listen' ? null : link;
    const view = this.#desk.start({ kind: asked.kind, link: owned, by, limitMs: LIMIT_MS[asked.kind], run });
    this.#options.log.info({ job: view.id, kind: asked.kind, link, by }, 'a job begins');
    return view;
  }

  list(): readonly JobView[] {
    return this.#desk.list();
  }

  find(id: string): JobView | undefined {
    return this.#desk.find(id);
  }

  news(id: string, after: number): readonly News[] {
    return this.#desk.news(id, after);
  }

  listen(id: string, listener: (news: News) => void): () => void {
    return this.#desk.listen(id, listener);
  }

  ended(id: string): Promise<JobView | undefined> {
    return this.#desk.ended(id);
  }

  stop(id: string): Promise<JobView | undefined> {
    return this.#desk.stop(id);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#desk[Symbol.asyncDispose]();
  }

  #jobOf(asked: JobRequest): { readonly link: string | null; run(tools: JobTools): Promise<unknown> } {
    const { wire } = this.#options;
    if (asked.kind === 'scan-subnet') return { link: null, run: (tools) => runSubnet(asked, tools, wire) };
    if (asked.kind === 'read') {
      const device = this.#options
        .site()
        .links.flatMap(({ devices }) => devices)
        .find(({ id }) => id === asked.device);
      if (device === undefined) throw new Fault('no-such-device', `the site has no device ${asked.device}`);
      if (asked.point !== undefined && !device.points.some(({ id }) => id === asked.point)) {
        throw new Fault('no-such-point', `${device.id} has no point ${asked.point}`);
      }
      const link = this.#linkOf(device);
      return { link: link.id, run: (tools) => runRead(link, device, asked.point, tools, wire) };
    }
    const link = this.#link(asked.link);
    switch (asked.kind) {
      case 'scan':
        return { link: link.id, run: (tools) => runScan(link, asked, tools, wire) };
      case 'read-raw':
        return { link: link.id, run: (tools) => runReadRaw(link, asked, tools) };
      case 'wiring':
        return { link: link.id, run: (tools) => runWiring(link, asked.unit, tools, wire) };
      case 'listen':
        return { link: link.id, run: (tools) => runListen(link, tools, wire) };
      default:
        return asked satisfies never;
    }
  }

  /** A unit that dials in is a bus of its own. */
  #linkOf({ id, link }: { readonly id: string; readonly link: string }): JobLink {
    const buses = [...(this.#options.links.get(link)?.buses ?? [])];
    const [bus] = buses.find(([, each]) => Object.hasOwn(each.status().devices, id)) ?? [];
    return this.#link(bus === undefined ? link : `${link}:${bus}`);
  }

  /** By its id; a bus of a link that has several as `LINK:BUS`. */
  #link(id: string): JobLink {
    const [, name = id, busName] = /^([^:]*):(.*)$/s.exec(id) ?? [];
    const whole = this.#options.links.get(name);
    const spec = this.#options.site().links.find((link) => link.id === name);
    if (whole === undefined || spec === undefined) {
      const known = this.#options.site().links.map((link) => link.id);
      throw new Fault('no-such-link', `the site has no link ${name}`, { hint: `it has ${known.join(', ')}` });
    }
    const open = busName === undefined ? whole : whole.buses?.get(busName);
    if (open === undefined) {
      const buses = [...(whole.buses?.keys() ?? [])].slice(0, MOST_NAMED);
      const hint = buses.length === 0 ? `${name} is one bus: ask for ${name}` : `it has ${buses.join(', ')}`;
      throw new Fault('no-such-link', `link ${name} has no unit ${busName}`, { hint });
    }
    const { timeout } = spec.options as { readonly timeout?: unknown };
    const { devices } = open.status();
    const known = new Map<number, string>();
    for (const { id: device, options } of spec.devices) {
      const { address } = options as { readonly address?: unknown };
      if (typeof address === 'number' && devices[device]?.answers === true) known.set(address, device);
    }
    const timeoutMs = busName !== undefined && typeof timeout === 'number' ? timeout : undefined;
    return { id, kind: spec.kind, open, known, timeoutMs };
  }
}
