import { chirpstack } from './chirpstack.ts';
import { tts } from './tts.ts';
import type { NetworkServer } from './uplink.ts';

/** Every kind of network server, by what a link names as its `server`. */
export const NETWORK_SERVERS = { chirpstack, tts } as const satisfies Readonly<Record<string, NetworkServer>>;

export type NetworkServerName = keyof typeof NETWORK_SERVERS;

export const NETWORK_SERVER_NAMES = Object.keys(NETWORK_SERVERS) as [NetworkServerName, ...NetworkServerName[]];
