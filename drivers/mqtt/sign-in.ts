import type { Client } from 'aedes';
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
  readonly #devices: ReadonlyMap<string, BrokerDevice>;
  readonly #credentials = new Credentials();
  readonly #certificates = new Certificates();
  readonly #shown = new WeakMap<Client, ShownCertificate>();
  /** Devices whose last sign-in was refused. */
  readonly #refusals = new Map<string, Refusal>();

  constructor(devices: readonly BrokerDevice[]) {
    this.#devices = new Map(devices.map((device) => [device.id, device]));
    for (const { id, username, password, certificate } of devices) {
      this.#credentials.add(username, password, id);
      if (certificate !== undefined) this.#certificates.add(certificate, id);
    }
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

  /** `now` is UTC milliseconds. */
  judge(
    client: Client,
    username: string | undefined,
    password: Uint8Array | undefined,
    now: number,
  ): BrokerDevice | Refused {
    const shown = this.#shown.get(client);
    const vouched = shown === undefined ? { device: undefined } : this.#certificates.judge(shown, now);
    const asked = this.#credentials.deviceOf(username);
    const byCertificate = 'device' in vouched ? vouched.device : undefined;
    // A certificate speaks for its own device, whatever user name is given with it.
    const isOther = byCertificate !== undefined && username !== undefined && asked !== byCertificate;
    const id = isOther ? undefined : (byCertificate ?? this.#credentials.find(username, password));
    const device = this.#devices.get(id ?? '');
    if (device !== undefined) {
      this.#refusals.delete(device.id);
      return device;
    }
    const flaw = isOther ? 'OTHER_DEVICE' : 'flaw' in vouched ? vouched.flaw : undefined;
    const claimed = this.claimed(client, username);
    const refusal = flaw === undefined ? 'wrong-password' : 'wrong-certificate';
    if (claimed !== undefined) this.#refusals.set(claimed, refusal);
    return { device: claimed ?? null, refusal, certificate: flaw };
  }

  /** Somebody who gave themselves out for it was refused, and nobody has signed in as it since. */
  refusalOf(device: string): Refusal | undefined {
    return this.#refusals.get(device);
  }
}
