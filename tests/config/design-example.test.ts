// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references in a site's files look like placeholders.
import { expect, test } from 'vitest';
import { encodeProblem } from '../../config/check-report.ts';
import { loadSite } from '../../config/load.ts';
import { kinds } from '../../gateway/kinds.ts';
import { writeSite } from './temporary-site.ts';

/** The site by which the design explains itself (section 4.2), letter by letter. */
const EXAMPLE = {
  'site.yaml': `# site.yaml
gateway: nh-jianshe-01                  # [a-z0-9-]; in every topic and id
name: 建设街道 1 号
timeZone: Asia/Shanghai
windows: { night: "22:00-06:00" }
packs: [construction-noise, waterlogging]
console: { listen: "127.0.0.1:8080" }
broker: { listen: "127.0.0.1:1883" }
upstreams:
  - { id: city, kind: mqtt, url: "mqtts://platform.example:8883", username: gw-01, password: "\${env:CITY_PASSWORD}" }
`,
  'links.yaml': `# links.yaml
links:
  - { id: bus-1, kind: modbus-rtu, port: /dev/serial/by-id/usb-…, baud: 9600, parity: none }
  - { id: plc-1, kind: modbus-tcp, host: 10.0.0.5, port: 502 }
  - { id: air, kind: mqtt }             # the embedded broker; with url: another one
  - { id: instruments, kind: hj212, listen: "0.0.0.0:9212" }
`,
  'devices/zhongshan-lu.yaml': `# devices/zhongshan-lu.yaml
devices:
  - id: noise-07
    name: 中山路 7 号工地噪声
    profile: renke-rs-zs            # config/profiles/renke-rs-zs.yaml
    link: bus-1
    address: 3                      # on that link
    scene: construction
    place: { grid: JS-03, at: [120.7551, 30.7466] }   # longitude, latitude in WGS 84 (CGCS2000)
    asset: { serial: RS20260117, certificate: JD-2026-0412, validUntil: 2027-04-11, grade: warning }
  - id: smoke-12
    profile: generic-smoke
    link: air
    topic: sensors/smoke-12             # mqtt: where it publishes
`,
  'rules/night-noise.yaml': `# rules/night-noise.yaml
rules:
  - id: night-construction-noise
    title: { zh: 夜间施工噪声超标, en: Construction noise over the night limit }
    basis: GB 12523-2025
    effective: { from: 2026-01-01 }                   # limits are versioned, never constants in code
    legalLimit: 55
    on: { quantity: noise.la, scene: construction }   # every point that matches has an alarm of its own
    measure: { kind: leq, over: 20min, coverage: 75% }
    during: night                                     # a named window of the site; belongs to the evening's date
    legal: true
    permit: { kind: night-work, cap: yellow }
    levels: { yellow: { above: 55 }, orange: { above: 60 }, red: { above: 65 } }
    clear: { by: 2, for: 5min }                       # hysteresis and off-delay
    hold: 0s                                          # on-delay
    respond: standard
`,
};

test("the design's own example is right", async () => {
  await using dir = await writeSite(EXAMPLE);
  const { site, problems } = await loadSite(dir.dir, kinds, { env: { CITY_PASSWORD: 'city-for-test' } });
  expect(problems.map(encodeProblem)).toEqual([
    expect.stringMatching(/^devices\/zhongshan-lu\.yaml:11:\d+: warning: .*smoke-12.*password/),
    'site.yaml:6:29: warning: no point of this site matches any rule of the pack waterlogging',
  ]);
  expect(site?.links.map((link) => link.id)).toEqual(['bus-1', 'plc-1', 'air', 'instruments']);
  expect(site?.rules.filter((rule) => rule.id === 'night-construction-noise')).toMatchObject([
    { basis: 'GB 12523-2025' },
  ]);
});
