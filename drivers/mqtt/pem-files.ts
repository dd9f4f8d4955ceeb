import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { Fault, textOf } from '#kit/fault.ts';

/** Each a path, or the text itself (PEM). */
export interface PemFiles {
  readonly cert: string;
  readonly key: string;
  /** Whom client certificates must come from. */
  readonly ca?: string | undefined;
}

export interface Pems {
  readonly cert: string;
  readonly key: string;
  readonly ca?: string;
}

const isText = (given: string): boolean => given.includes('-----BEGIN ');

async function readPem(field: string, given: string): Promise<string> {
  if (isText(given)) return given;
  try {
    return await readFile(given, 'utf8');
  } catch (cause) {
    const hint = `see ${field}: a path that the gateway's user may read, or "\${file:PATH}" from the site's folder`;
    throw new Fault('certificate', `cannot read ${field}: ${textOf(cause)}`, { cause, hint });
  }
}

/** The broker's certificate, its key and its CA, found to fit each other. A failure never holds the key. */
export async function readPems({ cert, key, ca }: PemFiles): Promise<Pems> {
  const [certText, keyText, caText] = await Promise.all([
    readPem('tls.cert', cert),
    readPem('tls.key', key),
    ca === undefined ? undefined : readPem('tls.ca', ca),
  ]);
  const pems = { cert: certText, key: keyText, ...(caText === undefined ? {} : { ca: caText }) };
  try {
    createSecureContext(pems);
  } catch (cause) {
    const hint = 'tls.cert and tls.key are PEM and belong together; an encrypted key cannot be used';
    throw new Fault('certificate', `the certificate cannot be used: ${textOf(cause)}`, { cause, hint });
  }
  return pems;
}
