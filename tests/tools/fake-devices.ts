import type { DeviceAnswer, DeviceDesk, DeviceView } from '../../gateway/api/device-desk.ts';
import { Fault } from '../../gateway/kit/fault.ts';

const DEVICE: DeviceView = {
  id: 'noise-07',
  name: '中山路 7 号工地噪声',
  profile: 'renke-rs-zs',
  link: 'bus-1',
  protocol: 'modbus',
  address: { address: 3 },
  scene: 'construction',
  place: { grid: 'JS-03', at: [120.7551, 30.7466] },
  asset: { serial: 'RS20260117', validUntil: '2027-04-11' },
  points: ['la'],
};

/** Devices that are asked for and never changed: what was asked, and what is answered. */
export interface FakeDevices extends DeviceDesk {
  readonly asked: unknown[];
  answer: DeviceAnswer;
}

export function fakeDevices(): FakeDevices {
  const asked: unknown[] = [];
  const photo = { name: '1-a.jpg', type: 'image/jpeg', bytes: 4, at: 1 } as const;
  const devices: FakeDevices = {
    asked,
    answer: {
      ...{ status: 'applied', number: 3, hash: 'ab', changes: {}, warnings: [] },
      ...{ device: 'noise-08', file: 'devices/a.yaml', lines: ['  - id: noise-08'] },
    },
    list: () => [DEVICE],
    async adopt(...given) {
      asked.push(['adopt', ...given]);
      return devices.answer;
    },
    async change(...given) {
      asked.push(['change', ...given]);
      return devices.answer;
    },
    async remove(...given) {
      asked.push(['remove', ...given]);
      return devices.answer;
    },
    exportAssets: () => '\uFEFF设备编号\r\nnoise-07\r\n',
    async importAssets(...given) {
      asked.push(['import', ...given]);
      if (devices.answer.status === 'refused') return devices.answer;
      return { status: 'applied', rows: 1, changed: ['noise-07'], unchanged: 0, problems: [] };
    },
    photos: async (device) => {
      if (device !== DEVICE.id) throw new Fault('no-such-device', 'none');
      return [photo];
    },
    async addPhoto(device, bytes, author) {
      asked.push(['photo', device, bytes.length, author]);
      return photo;
    },
    photo: async () => ({ type: 'image/jpeg', bytes: Buffer.from([0xff, 0xd8, 0xff, 0xe0]) }),
    async removePhoto(...given) {
      asked.push(['photo out', ...given]);
    },
    async report(...given) {
      asked.push(['report', ...given]);
      return '<!doctype html><title>安装调试验收单</title>';
    },
  };
  return devices;
}
