import { tryBox } from './cabinet.ts';
import { tryFrame } from './hj212.ts';
import { tryBody } from './http.ts';
import { tryRegisters } from './modbus.ts';
import { tryPayload } from './mqtt.ts';
import type { Trial } from './tried.ts';

/** How a model of each protocol is tried on raw data. */
export const trials: Readonly<Record<string, Trial>> = {
  modbus: tryRegisters,
  mqtt: tryPayload,
  hj212: tryFrame,
  http: tryBody,
  cabinet: tryBox,
};
