import { z } from 'zod';
import { parseListen } from '../listen.ts';
import { parsePacket } from './packet.ts';
import { duration as anyDuration } from './timing.ts';

const duration = (text: string, from: number, to: number) =>
  anyDuration.refine((ms) => ms >= from && ms <= to, `from ${from / 1000} s to ${to / 1000} s`).prefault(text);

const isPacket = (text: string): boolean => parsePacket(text) !== undefined;
const packet = z.string().refine(isPacket, 'a text, or hex: and bytes such as hex:fe01, of 1 to 128 bytes');

/** The `registration` of a device, and each heartbeat of a link. */
export const registration = packet;

/** 4G serial units that dial in to the gateway: each is a serial bus of its own, told by its registration packet. */
export const dialIn = z.strictObject({
  /** `host:port` that the units dial. Nothing protects it: a private APN, a VPN or a firewall must. */
  listen: z.string().refine((text) => parseListen(text) !== undefined, 'must be host:port, such as 0.0.0.0:9600'),
  /** What units send of themselves to keep the connection. */
  heartbeat: z.union([packet.transform((one) => [one]), z.array(packet).max(8)]).default([]),
  /** Units put their registration in front of each packet. */
  prefix: z.boolean().default(false),
  /** The bus behind each unit. */
  baud: z.int().min(300).max(4_000_000).default(9600),
  /** A mobile network takes its time. */
  timeout: duration('3s', 1, 60_000),
  /** Quiet before a request. */
  gap: duration('20ms', 0, 1000),
  /** Who says not who it is in this time is closed; who is unknown is kept for that; who is silent for so long is closed. */
  registerWithin: duration('30s', 1000, 600_000),
  quarantine: duration('60s', 1000, 3_600_000),
  silent: duration('5min', 1000, 86_400_000),
});

export type DialInOptions = z.output<typeof dialIn>;
