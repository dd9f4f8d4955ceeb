import { expect, test } from 'vitest';
import { crc16 } from '../../../drivers/modbus/crc.ts';
import { hex, VECTORS } from './vectors.ts';

test('the check value of CRC-16/MODBUS', () => {
  expect(crc16(Buffer.from('123456789'))).toBe(0x4b37);
});

test.each(VECTORS)('the CRC of a frame with its own CRC is zero: $name', ({ rtuRequest, rtuReply }) => {
  expect(crc16(hex(rtuRequest))).toBe(0);
  expect(crc16(hex(rtuReply))).toBe(0);
});
