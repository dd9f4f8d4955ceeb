import { cabinet } from './cabinet/kind.ts';
import type { Driver } from './driver.ts';
import { hj212 } from './hj212/kind.ts';
import { http } from './http/kind.ts';
import { modbus } from './modbus/kind.ts';
import { mqtt } from './mqtt/kind.ts';

/** Every kind of driver. A profile names one as its `protocol`, a link as its `kind`. */
export const drivers: readonly Driver[] = [modbus, mqtt, hj212, http, cabinet];
