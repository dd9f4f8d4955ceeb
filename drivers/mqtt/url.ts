export interface BrokerAddress {
  readonly host: string;
  readonly port: number;
  readonly isSecure: boolean;
}

const DEFAULT_PORTS = { 'mqtt:': 1883, 'mqtts:': 8883 } as const;

const isScheme = (text: string): text is keyof typeof DEFAULT_PORTS => Object.hasOwn(DEFAULT_PORTS, text);

/** Why a text cannot be another broker's address, for a person; undefined if it can. */
export function urlFlaw(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null || !isScheme(url.protocol) || url.hostname === '') {
    return 'must be mqtt://host:port or mqtts://host:port';
  }
  if (url.username !== '' || url.password !== '') return 'must not hold credentials: use username and password';
  if (!['', '/'].includes(url.pathname) || url.search !== '' || url.hash !== '') return 'must end after the port';
  return undefined;
}

/** `mqtts://host` → its parts, with the scheme's own port where none is given. The text must have no flaw. */
export function parseUrl(text: string): BrokerAddress {
  const { protocol, hostname, port } = new URL(text);
  if (!isScheme(protocol)) throw new TypeError(`not a broker's address: ${text}`);
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? DEFAULT_PORTS[protocol] : Number(port),
    isSecure: protocol === 'mqtts:',
  };
}
