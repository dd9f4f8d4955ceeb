import type { PeerCertificate } from 'node:tls';

/** How a device is known by its certificate: by its subject's common name, which a CA vouches for, or by itself. */
export interface CertificateName {
  readonly commonName?: string | undefined;
  /** SHA-256 of the certificate, 64 hex digits in capitals. */
  readonly fingerprint?: string | undefined;
}

/** What a client showed in its TLS handshake. */
export interface ShownCertificate {
  readonly commonName: string | undefined;
  readonly fingerprint: string;
  /** UTC milliseconds. */
  readonly validFrom: number;
  readonly validTo: number;
  /** Why the site's CA does not vouch for it, OpenSSL's code; undefined if it does. */
  readonly flaw: string | undefined;
}

/** What a certificate says of who is there; `flaw` is why it is not believed, for a person. */
export type Vouched = { readonly device: string } | { readonly flaw: string } | { readonly device: undefined };

interface TlsStream {
  readonly authorized: boolean;
  readonly authorizationError?: unknown;
  getPeerCertificate(): PeerCertificate;
}

export const normalizeFingerprint = (text: string): string => text.replaceAll(':', '').toUpperCase();

/** What is shown on a stream; undefined without TLS, and for a client that shows none. */
export function certificateOf(stream: object): ShownCertificate | undefined {
  if (!isTls(stream)) return undefined;
  const shown = stream.getPeerCertificate();
  if (shown.fingerprint256 === undefined) return undefined;
  const { authorized, authorizationError } = stream;
  const name: unknown = shown.subject?.CN;
  return {
    // Of several, none is the device's.
    commonName: typeof name === 'string' ? name : undefined,
    fingerprint: normalizeFingerprint(shown.fingerprint256),
    validFrom: Date.parse(shown.valid_from),
    validTo: Date.parse(shown.valid_to),
    flaw: authorized ? undefined : codeOf(authorizationError),
  };
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error ?? 'not authorized');

const isTls = (stream: object): stream is TlsStream => 'getPeerCertificate' in stream && 'authorized' in stream;

/** Devices by their certificates. */
export class Certificates {
  readonly #names = new Map<string, string>();
  readonly #fingerprints = new Map<string, string>();

  add({ commonName, fingerprint }: CertificateName, device: string): void {
    if (commonName !== undefined) this.#names.set(commonName, device);
    if (fingerprint !== undefined) this.#fingerprints.set(normalizeFingerprint(fingerprint), device);
  }

  remove({ commonName, fingerprint }: CertificateName): void {
    if (commonName !== undefined) this.#names.delete(commonName);
    if (fingerprint !== undefined) this.#fingerprints.delete(normalizeFingerprint(fingerprint));
  }

  /**
   * Whose certificate it is. One that is known by itself needs no CA, only that it is in its time; any other must be
   * vouched for. A good one that names no device says nothing, and the user name and password decide.
   */
  judge(shown: ShownCertificate, now: number): Vouched {
    const pinned = this.#fingerprints.get(shown.fingerprint);
    if (pinned !== undefined) {
      if (now > shown.validTo) return { flaw: 'CERT_HAS_EXPIRED' };
      return now < shown.validFrom ? { flaw: 'CERT_NOT_YET_VALID' } : { device: pinned };
    }
    if (shown.flaw !== undefined) return { flaw: shown.flaw };
    return { device: this.#names.get(shown.commonName ?? '') };
  }

  /** The device that a certificate names, whether or not it is to be believed: for telling the operator. */
  named({ commonName = '', fingerprint }: ShownCertificate): string | undefined {
    return this.#fingerprints.get(fingerprint) ?? this.#names.get(commonName);
  }
}
