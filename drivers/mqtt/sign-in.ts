import type { Client } from 'aedes';
import { isEqual } from '#kit/equal.ts';
import { type CertificateName, Certificates, certificateOf, type ShownCertificate } from './certificates.ts';
import { Credentials } from './credentials.ts';

/** A device, or a network server that speaks for many, as the broker knows it. */
export interface BrokerDevice {
  readonly id: string;
  /** Where it may publish, and below. */
  readonly topic: string;
  readonly username: string;
  /** Without one, and without a certificate, it cannot connect. */
  readonly password: string | undefined;
  readonly certificate?: CertificateName | undefined;
}

/** What somebody shows to be let in; of a password its digest only. */
export interface Claim {
  readonly username: string | undefined;
  readonly digest: Uint8Array;
  readonly shown: ShownCertificate | undefined;
}

/** Why a device's last sign-in was refused. */
export type Refusal = 'wrong-password' | 'wrong-certificate';

/** Somebody whom the broker does not let in: which device they gave themselves out for, if any, and why not. */
export interface Refused {
  readonly device: string | null;
  readonly refusal: Refusal;
  /** What is wrong with the certificate that was shown, OpenSSL's code or `OTHER_DEVICE`. */
  readonly certificate: string | undefined;
}

/** Who may sign in, by user name and password or by a certificate. */
export class SignIn {
  readonly #devices = new Map<string, BrokerDevice>();
  readonly #credentials = new Credentials();
  readonly #certificates = new Certificates();
  readonly #shown = new WeakMap<Client, ShownCertificate>();
  /** Devices whose last sign-in was refused. */
  readonly #refusals = new Map<string, Refusal>();

  constructor(devices: readonly BrokerDevice[]) {
    this.change(devices);
  }

  /** From now on these may sign in. One that is equal stays the very same. Gives those that were and are otherwise. */
  change(devices: readonly BrokerDevice[]): {
    readonly gone: readonly BrokerDevice[];
    readonly fresh: readonly BrokerDevice[];
  } {
    const fresh = devices.filter((device) => !isEqual(this.#devices.get(device.id), device));
    const staying = new Set(devices.map(({ id }) => id));
    for (const { id } of fresh) staying.delete(id);
    const gone = [...this.#devices.values()].filter(({ id }) => !staying.has(id));
    // A user name may pass from one device to another.
    for (const { id, username, certificate } of gone) {
      this.#devices.delete(id);
      this.#refusals.delete(id);
      this.#credentials.remove(username);
      if (certificate !== undefined) this.#certificates.remove(certificate);
    }
    for (const device of fresh) {
      const { id, username, password, certificate } = device;
      this.#devices.set(id, device);
      this.#credentials.add(username, password, id);
      if (certificate !== undefined) this.#certificates.add(certificate, id);
    }
    return { gone, fresh };
  }

  /** As it is now. */
  deviceOf(id: string): BrokerDevice | undefined {
    return this.#devices.get(id);
  }

  /** Before anything of a connection is read. */
  arrived(client: Client, stream: object): void {
    const shown = certificateOf(stream);
    if (shown !== undefined) this.#shown.set(client, shown);
  }

  /** Which device a client gives itself out for; not believed yet. */
  claimed(client: Client, username: string | undefined): string | undefined {
    const shown = this.#shown.get(client);
    const named = shown === undefined ? undefined : this.#certificates.named(shown);
    return this.#credentials.deviceOf(username) ?? named;
  }

  claimOf(client: Client, username: string | undefined, password: Uint8Array | undefined): Claim {
    return { username, digest: this.#credentials.digest(password ?? ''), shown: this.#shown.get(client) };
  }

  /** Who is to be let in by what they show, if anybody. `now` is UTC milliseconds. */
  find(claim: Claim, now: number): BrokerDevice | undefined {
    return this.#judge(claim, now).device;
  }

  /** The same of a client that signs in: that it was refused is remembered of the device that it claims to be. */
  judge(client: Client, claim: Claim, now: number): BrokerDevice | Refused {
    const { device, flaw } = this.#judge(claim, now);
    if (device !== undefined) {
      this.#refusals.delete(device.id);
      return device;
    }
    const claimed = this.claimed(client, claim.username);
    const refusal = flaw === undefined ? 'wrong-password' : 'wrong-certificate';
    if (claimed !== undefined) this.#refusals.set(claimed, refusal);
    return { device: claimed ?? null, refusal, certificate: flaw };
  }

  /** Somebody who gave themselves out for it was refused, and nobody has signed in as it since. */
  refusalOf(device: string): Refusal | undefined {
    return this.#refusals.get(device);
  }

  #judge({ username, digest, shown }: Claim, now: number): { device: BrokerDevice | undefined; flaw?: string } {
    const vouched = shown === undefined ? { device: undefined } : this.#certificates.judge(shown, now);
    const asked = this.#credentials.deviceOf(username);
    const byCertificate = 'device' in vouched ? vouched.device : undefined;
    // A certificate speaks for its own device, whatever user name is given with it.
    if (byCertificate !== undefined && username !== undefined && asked !== byCertificate) {
      return { device: undefined, flaw: 'OTHER_DEVICE' };
    }
    const id = byCertificate ?? this.#credentials.find(username, digest);
    return { device: this.#devices.get(id ?? ''), ...('flaw' in vouched && { flaw: vouched.flaw }) };
  }
}
