import { serveThread } from '#kit/thread.ts';
import { adoptDevice, changeDevice, changeDevices, removeDevice } from './device-edits.ts';

/** Changes of a site's files, which for a large site take longer than the loop that alarms run on may be held up. */
export type DeviceEditCalls = {
  adoptDevice: typeof adoptDevice;
  changeDevice: typeof changeDevice;
  changeDevices: typeof changeDevices;
  removeDevice: typeof removeDevice;
};

serveThread<DeviceEditCalls>({ adoptDevice, changeDevice, changeDevices, removeDevice });
