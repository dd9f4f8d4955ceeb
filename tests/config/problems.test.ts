import { describe, expect, test } from 'vitest';
import { type Files, problemsOf, SECRETS, writeSite } from './temporary-site.ts';

interface Row {
  readonly says: string;
  readonly files: Files;
  readonly problems: readonly string[];
}

const site = (more: string): Files => ({ 'site.yaml': `gateway: gw-1\ntimeZone: Asia/Shanghai\n${more}` });
const device = (more: string): Files => ({
  'devices/a.yaml': `devices:\n  - id: noise-1\n    profile: meter\n    link: bus-1\n    scene: construction\n${more}`,
});
const profile = (point: string): Files => ({
  'profiles/meter.yaml': `profile: meter\nprotocol: bus\nevery: 5s\npoints:\n  - id: la\n    register: { address: 0, type: u16 }\n${point}`,
  'rules/a.yaml': '',
});
const rule = (more: string): Files => ({
  'rules/a.yaml': `rules:\n  - id: r\n    title: { zh: 一, en: One }\n${more}`,
});
const LEVELS = '    levels: { yellow: { above: 55 } }\n';

const syntax: Row[] = [
  {
    says: 'broken YAML in one file hides no problem of the others, and makes nothing unknown',
    files: { 'links.yaml': 'links:\n  - { id: bus-1, kind: serial\n  - x', ...device('    address: three\n') },
    problems: [
      'devices/a.yaml:6:14: address: must be a number, not text "three"',
      'links.yaml:3:3: YAML: Flow map in block collection must be sufficiently indented and end with a }',
    ],
  },
  {
    says: 'a doubled key is told at the second one, and the rest is still looked at',
    files: device('    address: 3\n    address: 400\n'),
    problems: [
      'devices/a.yaml:7:5: this key is already given above: keep one of the two',
      'devices/a.yaml:7:14: address: must be at most 247, not number 400',
    ],
  },
  {
    says: 'a tab as indent',
    files: { 'rules/a.yaml': 'rules:\n\t- id: a\n' },
    problems: ['rules/a.yaml:2:1: YAML: indent with spaces, not with tabs'],
  },
  {
    says: 'an alias to nothing',
    files: { 'rules/a.yaml': 'rules:\n  - *none\n' },
    problems: ['rules/a.yaml:2:5: YAML: *none refers to nothing above; put quotes around text that begins with *'],
  },
  {
    says: 'a list as a key',
    files: { 'rules/a.yaml': 'rules: { [a]: b }\n' },
    problems: [
      'rules/a.yaml:1:10: YAML: a list or map cannot be a key; put quotes around text that begins with [ or {',
    ],
  },
  {
    says: 'aliases that multiply',
    files: {
      'rules/a.yaml': `a: &a [1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n`,
    },
    problems: [
      'rules/a.yaml:1:1: cannot be read as YAML: Excessive alias count indicates a resource exhaustion attack',
    ],
  },
  {
    says: 'text that is not UTF-8',
    files: { 'rules/a.yaml': Buffer.concat([Buffer.from('# GBK\n# '), Buffer.from([0xd2, 0xb9, 0xbc, 0xe4, 0x0a])]) },
    problems: ['rules/a.yaml:2:4: is not UTF-8 (GBK, perhaps): save it as UTF-8'],
  },
  {
    says: 'a file of 5 MB',
    files: { 'rules/a.yaml': Buffer.alloc(5_000_000, 0x23) },
    problems: ['rules/a.yaml:1:1: is 5000000 bytes long; at most 4194304 are read: split it'],
  },
  {
    says: 'files that look as if they were meant to be read',
    files: { 'device.yaml': 'devices: []\n', 'rules/b.yml': 'rules: []\n' },
    problems: [
      'device.yaml:1:1: warning: is not read; did you mean "devices.yaml"?',
      'rules/b.yml:1:1: warning: is not read: give it the ending .yaml',
    ],
  },
];

const fields: Row[] = [
  {
    says: 'an unknown key is told at itself, with the one that was meant, from common and driver fields alike',
    files: device('    adress: 3\n    nmae: x\n    addres: 1\n    colour: red\n    address: 3\n'),
    problems: [
      'devices/a.yaml:6:5: unknown key "adress": did you mean "address"?',
      'devices/a.yaml:7:5: unknown key "nmae": did you mean "name"?',
      'devices/a.yaml:8:5: unknown key "addres": did you mean "address"?',
      'devices/a.yaml:9:5: unknown key "colour": known: id, name, profile, link, scene, place, asset, register, height, tags, every, points and 1 more',
    ],
  },
  {
    says: 'what is missing is told where it should stand',
    files: { 'site.yaml': 'name: x\n', ...device('') },
    problems: [
      'devices/a.yaml:2:5: address: is missing: it must be a number',
      'site.yaml:1:1: gateway: is missing: it must be text',
      'site.yaml:1:1: timeZone: is missing: it must be text',
    ],
  },
  {
    says: 'wrong types, with the remedy where it is a matter of quotes',
    files: {
      'links.yaml': 'links:\n  - { id: bus-1, kind: serial, port: /dev/ttyS0, baud: "9600" }\n',
      ...device('    address: 3\n    asset: { serial: 20260117 }\n    tags: construction\n'),
    },
    problems: [
      'devices/a.yaml:7:22: asset.serial: must be text, not number 20260117; put it in quotes',
      'devices/a.yaml:8:11: tags: must be a list, not text "construction"',
      'links.yaml:2:56: baud: must be a number, not text "9600"; take the quotes away',
    ],
  },
  {
    says: 'what is missing in a nested map is told at its key, and so is an empty value',
    files: {
      ...device('    address:\n'),
      'rules/a.yaml':
        'rules:\n  - id: r\n    title:\n      zh: 一\n    on: { device: noise-1 }\n    levels: { red: { above: 1 } }\n',
    },
    problems: [
      'devices/a.yaml:6:5: address: must be a number, not nothing',
      'rules/a.yaml:3:5: title.en: is missing: it must be text',
    ],
  },
  {
    says: 'fields of the site',
    files: site(
      'clock: { trust: ntp }\nconsole: { listen: 8080 }\nbroker: { listen: "0.0.0.0:99999" }\nnotEvaluableAfter: 45 min\nwindows: { night: 22-6, x: { hours: "01:00-02:00", weekdays: [sunday] } }\ncolour: red\n',
    ),
    problems: [
      'site.yaml:3:17: clock.trust: must be one of auto, chrony, timesyncd, always, not text "ntp"',
      'site.yaml:4:20: console.listen: must be text, not number 8080; put it in quotes',
      'site.yaml:5:19: broker.listen: has a port above 65535 (this is text "0.0.0.0:99999")',
      'site.yaml:6:20: notEvaluableAfter: must be a number and a unit of ms s min h d, such as 20min (this is text "45 min")',
      'site.yaml:7:19: windows.night: must be two times of day, such as "22:00-06:00" (this is text "22-6")',
      'site.yaml:7:63: windows.x.weekdays: must be one of mon, tue, wed, thu, fri, sat, sun, not text "sunday"',
      'site.yaml:8:1: unknown key "colour": known: gateway, name, timeZone, place, register, windows, packs, clock, notEvaluableAfter, alarms, console, broker and 2 more',
    ],
  },
  {
    says: 'sources of the time that are none, that the site has not, or that are named twice',
    files: site('clock: { sources: [modem, platform] }\nupstreams: []\n'),
    problems: [
      'site.yaml:3:20: clock.sources: modem needs a link of kind cabinet, and there is none',
      'site.yaml:3:27: clock.sources: platform needs an upstream of kind mqtt, and there is none',
    ],
  },
  {
    says: 'a source of the time that nobody knows',
    files: site('clock: { sources: [modem, satellite] }\n'),
    problems: ['site.yaml:3:27: clock.sources: must be one of modem, platform, hj212, not text "satellite"'],
  },
  {
    says: 'a source of the time twice',
    files: site('clock: { sources: [modem, modem] }\n'),
    problems: ['site.yaml:3:10: clock.sources: must name each source once'],
  },
  {
    says: 'a time zone and a gateway that are none',
    files: { 'site.yaml': 'gateway: GW 1\ntimeZone: Asia/Peking\n' },
    problems: [
      'site.yaml:1:10: gateway: must be of small letters, digits and "-" (this is text "GW 1")',
      'site.yaml:2:11: timeZone: is not a time zone that is known here; one is Asia/Shanghai (this is text "Asia/Peking")',
    ],
  },
  {
    says: 'a list that is none, an entry that is none, a list of another name',
    files: { 'rules/a.yaml': 'rules: { id: r }\npermit: []\n', 'devices/b.yaml': 'devices:\n  - noise-2\n' },
    problems: [
      'devices/b.yaml:2:5: must be a map, not text "noise-2"',
      'rules/a.yaml:1:1: rules: must be a list, not a map',
      'rules/a.yaml:2:1: unknown key "permit": did you mean "permits"?',
    ],
  },
  {
    says: 'latitude before longitude',
    files: device('    address: 3\n    place: { at: [30.7, 120.7] }\n'),
    problems: ['devices/a.yaml:7:25: place.at: must be a latitude: longitude comes first'],
  },
  {
    says: 'a link with a number out of range, a broken port, an unknown key',
    files: {
      'links.yaml':
        'links:\n  - { id: bus-1, kind: serial, port: x, baud: 9600.5 }\n  - { id: plc, kind: tcp, host: h, port: 70000, unit: 1 }\n',
    },
    problems: [
      'links.yaml:2:47: baud: must be a whole number, not number 9600.5',
      'links.yaml:3:42: port: must be at most 65535, not number 70000',
      'links.yaml:3:49: unknown key "unit": known: id, kind, host, port',
    ],
  },
  {
    says: 'a day that is none',
    files: device('    address: 3\n    asset: { validUntil: 2026-02-30 }\n'),
    problems: ['devices/a.yaml:7:26: asset.validUntil: is no day of the calendar (this is text "2026-02-30")'],
  },
];

const points: Row[] = [
  {
    says: 'a unit that cannot be converted, with those that can',
    files: profile('    quantity: water.depth\n    unit: dB(A)\n'),
    problems: [
      'profiles/meter.yaml:8:11: unit: "dB(A)" cannot be converted to cm, the unit of water.depth; one that can: cm, mm, m',
    ],
  },
  {
    says: 'units that the device may say, of which one cannot be converted to its own',
    files: profile('    quantity: water.depth\n    unit: mm\n    units: { 1: cm, 5: kPa }\n'),
    problems: ['profiles/meter.yaml:9:24: units.5: "kPa" cannot be converted to mm; one that can: mm, cm, m'],
  },
  {
    says: 'a unit in another spelling',
    files: profile('    quantity: temperature\n    unit: ℃\n'),
    problems: [
      'profiles/meter.yaml:8:11: unit: "℃" cannot be converted to Cel, the unit of temperature; if Cel is meant, write "Cel"',
    ],
  },
  {
    says: 'a quantity that is none',
    files: profile('    quantity: noise.lA2\n'),
    problems: [
      'profiles/meter.yaml:7:15: quantity: "noise.lA2" is none that is known; did you mean "noise.la"? One of your own begins with "x."',
    ],
  },
  {
    says: "a quantity of one's own needs no unit",
    files: profile('    quantity: x.smell\n'),
    problems: [],
  },
  {
    says: 'states: none where they are needed, and names that are none',
    files: {
      ...profile('    quantity: smoke.state\n'),
      'profiles/other.yaml':
        'profile: other\nprotocol: bus\nevery: 5s\npoints:\n  - id: s\n    quantity: smoke.state\n    register: { address: 0, type: u16 }\n    states: { 0: normal, 1: alarmed }\n',
    },
    problems: [
      'profiles/meter.yaml:5:5: states: is missing: say which raw value is which of normal, alarm, test, silenced, removed, installed, low-battery, fault, contaminated, over-temperature',
      'profiles/other.yaml:8:29: states.1: "alarmed" is no state of smoke.state; did you mean "alarm"?',
    ],
  },
  {
    says: "the driver's own fields of a point",
    files: {
      'rules/a.yaml': '',
      'profiles/meter.yaml':
        'profile: meter\nprotocol: bus\nevery: 5s\nserial: {}\npoints:\n  - id: la\n    quantity: noise.la\n    register: { address: 0x10, type: u24, scale: 1 }\n  - id: la\n    quantity: noise.la\n    register: { address: 1, type: u16 }\n    range: [130, 30]\n',
    },
    problems: [
      'profiles/meter.yaml:4:1: unknown key "serial": known: profile, title, protocol, every, source, template, tests, points, gap',
      'profiles/meter.yaml:8:38: register.type: must be one of u16, s16, f32, not text "u24"',
      'profiles/meter.yaml:8:43: unknown key "scale": known: address, type',
      'profiles/meter.yaml:9:9: id: there is a point of this profile "la" already, at profiles/meter.yaml:6:9: give one of them another id',
      'profiles/meter.yaml:12:5: range: must have its lower end first',
    ],
  },
  {
    says: 'a device that overrides what is not there, or not its to override',
    files: device(
      '    address: 3\n    points:\n      lb: { every: 1s }\n      la: { every: 1 s, quantity: noise.leq }\n',
    ),
    problems: [
      'devices/a.yaml:8:7: points: meter has no point "lb"; did you mean "la"?',
      'devices/a.yaml:9:20: points.la: every: must be a number and a unit of ms s min h d, such as 20min (this is text "1 s")',
      "devices/a.yaml:9:25: points.la: quantity is the profile's and cannot be otherwise here",
    ],
  },
];

const references: Row[] = [
  {
    says: 'a profile, a link, a protocol and kinds that are none, with those that were meant',
    files: {
      'site.yaml': 'gateway: gw-1\ntimeZone: UTC\nupstreams: [{ id: a, kind: mqqt }]\n',
      'links.yaml': 'links:\n  - { id: bus-1, kind: serail, port: x }\n',
      'profiles/meter2.yaml': 'profile: meter2\nprotocol: bsu\nevery: 1s\npoints: [{}]\n',
      'devices/a.yaml':
        'devices:\n  - { id: a, profile: metre, link: bus-1 }\n  - { id: b, profile: meter, link: bus1, address: 1 }\n',
      'rules/a.yaml': '',
      'permits/a.yaml': '',
    },
    problems: [
      'devices/a.yaml:2:23: profile: there is no profile "metre"; did you mean "meter"?',
      'devices/a.yaml:3:36: link: there is no link "bus1"; did you mean "bus-1"?',
      'links.yaml:2:24: kind: there is no kind of link "serail"; did you mean "serial"?',
      'profiles/meter2.yaml:2:11: protocol: there is no protocol "bsu"; did you mean "bus"?',
      'site.yaml:3:28: kind: there is no kind of upstream "mqqt"; did you mean "mqtt"?',
    ],
  },
  {
    says: 'a link of another protocol',
    files: {
      'links.yaml': 'links:\n  - { id: bus-1, kind: broker }\n',
    },
    problems: [
      'devices/a.yaml:5:11: link: bus-1 is of kind broker, but meter speaks bus: it needs a link of kind serial, tcp',
    ],
  },
  {
    says: 'kinds of link and protocols that are none, and what stands on them',
    files: {
      'links.yaml':
        'links:\n  - { id: bus-1, kind: serial, port: a }\n  - { id: cloud, kind: htp }\n  - { kind: serial }\n',
      'profiles/station.yaml':
        'profile: station\nprotocol: smoke-signals\nevery: 1min\npoints: [{ id: la, quantity: noise.la, code: a34001 }]\n',
      'devices/b.yaml': 'devices:\n  - { id: s-1, profile: station, link: cloud }\n',
      ...rule(`    on: { device: [noise-1, s-1, "link:cloud"] }\n${LEVELS}`),
    },
    problems: [
      'links.yaml:3:24: kind: there is no kind of link "htp"; known: serial, tcp, broker',
      'links.yaml:4:5: id: is missing: it must be text',
      'links.yaml:4:5: port: is missing: it must be text',
      'profiles/station.yaml:2:11: protocol: there is no protocol "smoke-signals"; known: bus, air',
    ],
  },
  {
    says: 'ids given twice, also in another file, name the first place',
    files: {
      'devices/b.yaml': 'devices:\n  - { id: noise-1, profile: meter, link: bus-1, address: 4 }\n',
      'rules/b.yaml': `rules:\n  - id: night-noise\n    title: { zh: 一, en: One }\n    on: { scene: construction }\n${LEVELS}`,
      'links.yaml': 'links:\n  - { id: bus-1, kind: serial, port: a }\n  - { id: bus-1, kind: serial, port: b }\n',
    },
    problems: [
      'devices/b.yaml:2:11: id: there is a device "noise-1" already, at devices/a.yaml:2:9: give one of them another id',
      'links.yaml:3:11: id: there is a link "bus-1" already, at links.yaml:2:11: give one of them another id',
      'rules/b.yaml:2:9: id: there is a rule "night-noise" already, at rules/a.yaml:2:9: give one of them another id',
    ],
  },
  {
    says: 'a rule on a device, in a window, of a quantity that are none',
    files: rule(`    on: { device: [noise-1, noise-l], quantity: noise.lea }\n    during: nihgt\n${LEVELS}`),
    problems: [
      'rules/a.yaml:4:29: on.device: there is no device "noise-l"; did you mean "noise-1"?',
      'rules/a.yaml:4:49: on.quantity: there is no quantity "noise.lea"; did you mean "noise.la"?',
      'rules/a.yaml:5:13: during: there is no window "nihgt"; did you mean "night"?',
    ],
  },
  {
    says: 'a rule and a permit that nothing matches: warnings',
    files: {
      ...rule(`    on: { quantity: water.depth }\n${LEVELS}`),
      'permits/a.yaml':
        'permits:\n  - { id: p, on: { grid: JS-09 }, from: 2026-07-15T22:00+08:00, to: 2026-07-16T02:00+08:00, status: granted }\n',
    },
    problems: [
      'permits/a.yaml:2:14: warning: on: no point of this site matches, so permit p covers nothing',
      'rules/a.yaml:4:5: warning: on: no point of this site matches, so rule r never answers',
    ],
  },
  {
    says: "rules on the gateway's own points, and on those of a link, are right",
    files: {
      'rules/a.yaml': `rules:
  - id: a
    kind: state
    title: { zh: 一, en: One }
    on: { quantity: clock.trust, device: gateway }
    levels: { blue: { is: [unknown] } }
  - id: b
    kind: state
    title: { zh: 一, en: One }
    on: { device: "link:bus-1" }
    levels: { yellow: { is: [down] } }
  - id: c
    title: { zh: 一, en: One }
    on: { device: gateway, point: disk }
    levels: { yellow: { above: 90 } }
`,
    },
    problems: [],
  },
  {
    says: 'rules on what the gateway and a link have not; a device with the id of a link',
    files: {
      'devices/b.yaml': 'devices: [{ id: "link:bus-1", profile: meter, link: plc, address: 4 }]\n',
      'rules/a.yaml': `rules:
  - id: a
    kind: state
    title: { zh: 一, en: One }
    on: { quantity: link.state }
    levels: { red: { is: [gone] } }
  - id: b
    title: { zh: 一, en: One }
    on: { device: "link:bus-2" }
    levels: { red: { above: 1 } }
`,
    },
    problems: [
      'devices/b.yaml:1:17: id: must be of small letters, digits, "." and "-", beginning with a letter or digit (this is text "link:bus-1")',
      'rules/a.yaml:6:27: levels.red: "gone" is no state of link.state; known: up, down',
      'rules/a.yaml:9:19: on.device: there is no link "bus-2"; did you mean "bus-1"?',
    ],
  },
  {
    says: 'a rule on a point that its device has not, or nobody',
    files: {
      'rules/a.yaml': `rules:
  - id: a
    title: { zh: 一, en: One }
    on: { device: noise-1, point: lb }
    levels: { red: { above: 1 } }
  - id: b
    title: { zh: 一, en: One }
    on: { point: [depth, level] }
    levels: { red: { above: 1 } }
`,
    },
    problems: [
      'rules/a.yaml:4:35: on.point: noise-1 has no point "lb"; did you mean "la"?',
      'rules/a.yaml:8:11: on.point: no device of this site has a point "depth"; known: la, state, clock, disk, backlog',
    ],
  },
  {
    says: 'a limit over points of several units',
    files: rule('    on: { device: [noise-1, gateway], point: [la, disk] }\n    levels: { yellow: { above: 55 } }\n'),
    problems: [
      'rules/a.yaml:5:15: levels.yellow: a limit has one unit, but noise-1/la is in dB(A), gateway/disk in %; narrow "on" to one quantity',
    ],
  },
  {
    says: 'a rule on a quantity that the gateway has not: a warning',
    files: rule('    on: { device: gateway, quantity: temperature }\n    levels: { red: { above: 60 } }\n'),
    problems: ['rules/a.yaml:4:5: warning: on: no point of this site matches, so rule r never answers'],
  },
  {
    says: 'limits on states, states on numbers, states that are none',
    files: {
      'rules/a.yaml': `rules:
  - id: a
    title: { zh: 一, en: One }
    on: { quantity: smoke.state, device: gateway }
    levels: { red: { above: 1 } }
  - id: b
    kind: state
    title: { zh: 一, en: One }
    on: { quantity: noise.la }
    levels: { red: { is: [alarm] } }
  - id: c
    kind: state
    title: { zh: 一, en: One }
    on: { quantity: smoke.state, device: gateway }
    levels: { red: { is: [alarm, removd] } }
  - id: d
    kind: together
    title: { zh: 一, en: One }
    on: { quantity: noise.la }
    when: { all: [{ quantity: noise.la, is: [on] }, { quantity: door.stat, is: open }] }
    level: red
`,
    },
    problems: [
      'rules/a.yaml:4:5: warning: on: no point of this site matches, so rule a never answers',
      'rules/a.yaml:5:22: levels.red: smoke.state is one of normal, alarm, test, silenced, removed, installed, low-battery, fault, contaminated, over-temperature, so it has no limit "above"; use kind: state and "is"',
      'rules/a.yaml:10:22: levels.red: noise.la is a number in dB(A) and has no states; use above, atLeast, below, atMost or outside',
      'rules/a.yaml:14:5: warning: on: no point of this site matches, so rule c never answers',
      'rules/a.yaml:15:34: levels.red: "removd" is no state of smoke.state; did you mean "removed"?',
      'rules/a.yaml:20:41: when.all: noise.la is a number in dB(A) and has no states; use above, atLeast, below, atMost or outside',
      'rules/a.yaml:20:65: when.all.quantity: there is no quantity "door.stat"; did you mean "door.state"?',
    ],
  },
  {
    says: 'levels that the points which match cannot have, where no quantity is named: warnings',
    files: {
      'profiles/box.yaml':
        'profile: box\nprotocol: bus\nevery: 5s\npoints:\n  - { id: door, quantity: door.state, register: { address: 1, type: u16 }, states: { 0: closed } }\n  - { id: lamp, quantity: x.lamp, register: { address: 2, type: u16 }, states: { 0: dark, 1: lit } }\n  - { id: load, quantity: x.load, register: { address: 3, type: u16 } }\n',
      'devices/b.yaml': 'devices: [{ id: box, profile: box, link: plc, address: 1 }]\n',
      'rules/a.yaml': `rules:
  - { id: a, title: { zh: 一, en: One }, on: { device: box, point: [door, lamp] }, levels: { red: { above: 1 } } }
  - { id: b, title: { zh: 一, en: One }, kind: state, on: { device: box }, levels: { red: { is: [lit] } } }
  - { id: c, title: { zh: 一, en: One }, kind: state, on: { point: [door, lamp] }, levels: { red: { is: [lti, closed, open] } } }
  - { id: d, title: { zh: 一, en: One }, kind: state, on: { quantity: door.state }, levels: { red: { is: [open] } } }
  - { id: e, title: { zh: 一, en: One }, kind: state, on: { quantity: x.lamp }, levels: { red: { is: [lit] }, blue: { is: [lot] } } }
  - { id: f, title: { zh: 一, en: One }, on: { quantity: [noise.la, x.load] }, levels: { red: { above: 1 } } }
`,
    },
    problems: [
      'rules/a.yaml:2:100: warning: levels.red: box/door has states, so it never reaches "above"; narrow "on" to numbers, or use kind: state and "is"',
      'rules/a.yaml:3:92: warning: levels.red: box/load has no states, so it never "is" one; narrow "on" to points that have, or use a limit',
      'rules/a.yaml:4:105: warning: levels.red: no point that matches is ever "lti"; did you mean "lit"?',
      'rules/a.yaml:4:118: warning: levels.red: no point that matches is ever "open"; known: closed, dark, lit',
      'rules/a.yaml:5:106: warning: levels.red: no point that matches is ever "open"; known: closed',
      'rules/a.yaml:6:123: warning: levels.blue: no point that matches is ever "lot"; did you mean "lit"?',
    ],
  },
  {
    says: 'what while names must be there, of its kind, and where it is looked for unless that is optional',
    files: rule(
      `    on: { quantity: noise.la }
    while: { all: [{ quantity: weather.rain, below: 1 }, { quantity: weather.wind, optional: true, below: 5 },
      { quantity: noise.la, device: nobody, below: 1 }, { quantity: smoke.state, near: grid, above: 1 },
      { quantity: noise.la, is: [loud] }] }
    levels: { red: { above: 1 } }
`,
    ),
    problems: [
      'rules/a.yaml:5:32: warning: while: device noise-1 has no weather.rain, so the rule is never evaluable on noise-1/la',
      'rules/a.yaml:6:37: while.all.device: there is no device "nobody"; known: noise-1, gateway',
      'rules/a.yaml:6:69: warning: while: the grid of noise-1 has no smoke.state, so the rule is never evaluable on noise-1/la',
      'rules/a.yaml:6:94: while.all: smoke.state is one of normal, alarm, test, silenced, removed, installed, low-battery, fault, contaminated, over-temperature, so it has no limit "above"; use kind: state and "is"',
      'rules/a.yaml:7:29: while.all: noise.la is a number in dB(A) and has no states; use above, atLeast, below, atMost or outside',
    ],
  },
  {
    says: 'a kind of rule that is none prints those that are',
    files: rule(`    kind: limits\n    on: { quantity: noise.la }\n`),
    problems: [
      'rules/a.yaml:4:11: kind: must be one of limit, state, quality, silent, stuck, together, not text "limits"; did you mean "limit"?',
    ],
  },
  {
    says: 'of two ways to write a thing the one that was meant is spoken of',
    files: rule(
      '    kind: together\n    on: { device: noise-1 }\n    when: { all: [{ quantity: 1, above: x, is: 3 }] }\n    level: red\n',
    ),
    problems: [
      'rules/a.yaml:6:31: when.all.quantity: must be text, not number 1; put it in quotes',
      'rules/a.yaml:6:41: when.all.above: must be a number, not text "x"',
      'rules/a.yaml:6:48: when.all.is: must be text or a list, not number 3',
    ],
  },
  {
    says: 'a rule that names no kind has the keys of a limit',
    files: rule(`    on: { quantity: noise.la }\n    afte: 5min\n${LEVELS}`),
    problems: [
      'rules/a.yaml:5:5: unknown key "afte": known: id, title, on, basis, legal, legalLimit, effective, during, while, permit, hold, respond and 7 more',
    ],
  },
  {
    says: 'a key of another kind of rule',
    files: rule(`    on: { quantity: noise.la }\n    level: red\n${LEVELS}`),
    problems: ['rules/a.yaml:5:5: unknown key "level": did you mean "levels"?'],
  },
  {
    says: "ids that are the gateway's own",
    files: {
      'rules/a.yaml': `rules:\n  - id: gengfu.mine\n    title: { zh: 一, en: One }\n    on: { quantity: noise.la }\n${LEVELS}`,
      'devices/b.yaml':
        'devices:\n  - { id: gateway, profile: meter, link: plc, address: 4 }\n  - { id: a/b, profile: meter, link: plc, address: 5 }\n',
    },
    problems: [
      'devices/b.yaml:2:11: id: "gateway" is the gateway itself: give the device another id',
      'devices/b.yaml:3:11: id: must be of small letters, digits, "." and "-", beginning with a letter or digit (this is text "a/b")',
      'rules/a.yaml:2:9: id: ids that begin with "gengfu." are the gateway\'s own: give the rule another one',
    ],
  },
  {
    says: 'a hold that one reading can complete: a warning',
    files: rule(`    on: { quantity: noise.la }\n    hold: 15s\n${LEVELS}`),
    problems: [
      'rules/a.yaml:5:11: warning: hold: rule r holds for 15s, but noise-1/la is read every 5 s: one reading can complete it',
    ],
  },
  {
    says: 'a time in which no value can be read often enough to be stuck: a warning',
    files: rule('    kind: stuck\n    on: { quantity: noise.la }\n    after: 44s\n    level: blue\n'),
    problems: [
      'rules/a.yaml:6:12: warning: after: rule r asks for 10 readings within 44s, but noise-1/la is read every 5 s: it is never stuck',
    ],
  },
  {
    says: 'what the driver finds stands at the field, or at the point where the site writes it',
    files: {
      'devices/b.yaml':
        'devices:\n  - id: b\n    profile: meter\n    link: bus-1\n    address: 3\n  - id: c\n    profile: meter\n    link: bus-1\n    address: 5\n    points:\n      la: { register: { address: 13, type: u16 } }\n',
    },
    problems: [
      "devices/b.yaml:5:14: b, address: address 3 is noise-1's already",
      'devices/b.yaml:11:7: warning: c/la: register 13 is unlucky',
    ],
  },
];

for (const [name, rows] of Object.entries({ syntax, fields, points, references })) {
  describe(name, () => {
    test.each(rows)('$says', async ({ files, problems }) => {
      expect(await problemsOf(files)).toEqual(problems);
    });
  });
}

test('a problem of a shipped profile stands where a device names it, and each device its own', async () => {
  await using shipped = await writeSite({
    'odd.yaml':
      'profile: odd\nprotocol: bus\nevery: 5s\npoints: [{ id: la, quantity: noise.la, register: { address: 13, type: u16 } }]\n',
    'bad.yaml': 'profile: bad\nprotocol: bus\nevery: 5\npoints: []\n',
    'broken.yaml': 'profile: [\n',
  });
  const devices = ['odd', 'odd', 'bad', 'broken'].map(
    (profile, n) => `  - { id: d${n}, profile: ${profile}, link: plc, address: ${n + 1} }\n`,
  );
  expect(
    await problemsOf(
      { 'devices/b.yaml': `devices:\n${devices.join('')}`, 'rules/a.yaml': '' },
      { env: SECRETS, profilesDir: shipped.dir },
    ),
  ).toEqual([
    'devices/b.yaml:2:24: warning: d0/la: register 13 is unlucky',
    'devices/b.yaml:3:24: warning: d1/la: register 13 is unlucky',
    'devices/b.yaml:4:24: profile bad: every: must be text, not number 5; put it in quotes',
    'devices/b.yaml:4:24: profile bad: points: must have at least one point',
    'devices/b.yaml:5:24: profile broken, 2:1: YAML: Flow sequence in block collection must be sufficiently indented and end with a ]',
  ]);
});
