import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { encodeProblem } from '../../config/check-report.ts';
import { type LoadOptions, loadSite } from '../../config/load.ts';
import { standInKinds } from './stand-in-kinds.ts';

export type Files = Readonly<Record<string, string | Uint8Array>>;

/** A site without a problem, as small as one is with everything in it. */
export const GOOD: Files = {
  'site.yaml': `gateway: gw-1
timeZone: Asia/Shanghai
windows: { night: "22:00-06:00" }
upstreams:
  - { id: city, kind: mqtt, url: "mqtt://127.0.0.1:1883", password: "\${env:CITY}" }
`,
  'links.yaml': `links:
  - { id: bus-1, kind: serial, port: /dev/ttyS0 }
  - { id: plc, kind: tcp, host: 10.0.0.5 }
`,
  'profiles/meter.yaml': `profile: meter
protocol: bus
every: 5s
points:
  - id: la
    quantity: noise.la
    unit: dB(A)
    register: { address: 0, type: u16 }
    range: [30, 130]
`,
  'devices/a.yaml': `devices:
  - id: noise-1
    name: 一号
    profile: meter
    link: bus-1
    address: 3
    scene: construction
    place: { grid: JS-01, at: [120.7, 30.7] }
`,
  'rules/a.yaml': `rules:
  - id: night-noise
    title: { zh: 夜间噪声, en: Night noise }
    on: { quantity: noise.la, scene: construction }
    during: night
    levels: { yellow: { above: 55 } }
`,
  'permits/a.yaml': `permits:
  - id: p-1
    on: { device: noise-1 }
    from: 2026-07-15T22:00:00+08:00
    to: 2026-07-16T02:00:00+08:00
    status: granted
`,
};

export const SECRETS = { CITY: 'correct horse' };

export interface TemporarySite extends AsyncDisposable {
  readonly dir: string;
}

/** A directory with those files, gone with the scope. A file that is empty text is left out. */
export async function writeSite(files: Files): Promise<TemporarySite> {
  const dir = await mkdtemp(join(tmpdir(), 'gengfu-site-'));
  for (const [file, text] of Object.entries(files)) {
    if (text.length === 0) continue;
    await mkdir(dirname(join(dir, file)), { recursive: true });
    await writeFile(join(dir, file), text);
  }
  return { dir, [Symbol.asyncDispose]: () => rm(dir, { recursive: true }) };
}

/** The lines that `check` prints for the good site with some files otherwise. */
export async function problemsOf(files: Files, options: LoadOptions = {}): Promise<string[]> {
  await using site = await writeSite({ ...GOOD, ...files });
  const { problems } = await loadSite(site.dir, standInKinds, { env: SECRETS, ...options });
  return problems.map(encodeProblem);
}
