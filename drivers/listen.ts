/** `127.0.0.1:1883`, `[::1]:1883`, `localhost:1883`; port 0 lets the system choose. */
const HOST_PORT = /^(?:\[([0-9A-Fa-f:.]+)\]|([\w.-]+)):(\d{1,5})$/;

/** `host:port` taken apart; undefined if the text is none. */
export function parseListen(text: string): { readonly host: string; readonly port: number } | undefined {
  const [, six, host = six, port] = HOST_PORT.exec(text) ?? [];
  return host === undefined || Number(port) > 65_535 ? undefined : { host, port: Number(port) };
}
