import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Paths of a certificate and its key (PEM), made with openssl. */
export interface Issued {
  readonly cert: string;
  readonly key: string;
}

export interface Authority extends Issued {
  /** A certificate for a name that is also its host name; one with `days` of -1 ended before it began. */
  issue(commonName: string, options?: { readonly days?: number }): Issued;
}

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

function openssl(args: readonly string[]): void {
  const { status, stderr } = spawnSync('openssl', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`openssl ${args.join(' ')}: ${stderr}`);
}

/** A certificate authority of its own, with its files in `dir`. */
export function openAuthority(dir: string, name = 'ca'): Authority {
  const cert = join(dir, `${name}.pem`);
  const key = join(dir, `${name}.key`);
  openssl(['req', '-x509', ...KEY, '-keyout', key, '-out', cert, '-days', '2', '-subj', `/CN=${name}`]);
  let issued = 0;
  return {
    cert,
    key,
    issue(commonName, { days = 2 } = {}) {
      const base = join(dir, `${name}-${++issued}`);
      const own = { cert: `${base}.pem`, key: `${base}.key` };
      const extensions = `${base}.ext`;
      writeFileSync(extensions, `subjectAltName=DNS:${commonName},IP:127.0.0.1\n`);
      openssl(['req', '-new', ...KEY, '-keyout', own.key, '-out', `${base}.csr`, '-subj', `/CN=${commonName}`]);
      const signed = ['-CA', cert, '-CAkey', key, '-CAcreateserial', '-days', String(days), '-extfile', extensions];
      openssl(['x509', '-req', '-in', `${base}.csr`, ...signed, '-out', own.cert]);
      return own;
    },
  };
}
