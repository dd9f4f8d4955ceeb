import { makeRequest, type Request } from '../../../drivers/modbus/pdu.ts';

export const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

/** Requests and replies as they stand on the wire, from published examples of the protocol. */
export const VECTORS: readonly {
  readonly name: string;
  readonly request: Request;
  readonly rtuRequest: string;
  readonly rtuReply: string;
  readonly data: string;
}[] = [
  {
    name: 'coils 20 to 56 of unit 17',
    request: makeRequest(17, 'coil', 0x13, 0x25),
    rtuRequest: '11 01 00 13 00 25 0E 84',
    rtuReply: '11 01 05 CD 6B B2 0E 1B 45 E6',
    data: 'CD 6B B2 0E 1B',
  },
  {
    name: 'discrete inputs 10197 to 10218 of unit 17',
    request: makeRequest(17, 'discrete', 0xc4, 0x16),
    rtuRequest: '11 02 00 C4 00 16 BA A9',
    rtuReply: '11 02 03 AC DB 35 20 18',
    data: 'AC DB 35',
  },
  {
    name: 'holding registers 40108 to 40110 of unit 17',
    request: makeRequest(17, 'holding', 0x6b, 3),
    rtuRequest: '11 03 00 6B 00 03 76 87',
    rtuReply: '11 03 06 AE 41 56 52 43 40 49 AD',
    data: 'AE 41 56 52 43 40',
  },
  {
    name: 'input register 30009 of unit 17',
    request: makeRequest(17, 'input', 8, 1),
    rtuRequest: '11 04 00 08 00 01 B2 98',
    rtuReply: '11 04 02 00 0A F8 F4',
    data: '00 0A',
  },
];
