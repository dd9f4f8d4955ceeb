import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** Who may sign in to the broker. Passwords are kept as keyed digests of this process only, and are in no message. */
export class Credentials {
  readonly #key = randomBytes(32);
  readonly #users = new Map<string, { readonly device: string; readonly digest: Buffer }>();
  /** Compared with when the user is unknown, so that the time taken says nothing. */
  readonly #nobody = randomBytes(32);

  /** A user without a password is known and never let in. */
  add(username: string, password: string | undefined, device: string): void {
    this.#users.set(username, { device, digest: password === undefined ? randomBytes(32) : this.digest(password) });
  }

  remove(username: string): void {
    this.#users.delete(username);
  }

  /** The device that signs in so; undefined if the user is unknown or the password wrong. */
  find(username: string | undefined, digest: Uint8Array): string | undefined {
    const user = username === undefined ? undefined : this.#users.get(username);
    const isSame = timingSafeEqual(digest, user?.digest ?? this.#nobody);
    return isSame ? user?.device : undefined;
  }

  /** The device of a user name, whether or not who uses it knows the password: for telling the operator. */
  deviceOf(username: string | undefined): string | undefined {
    return username === undefined ? undefined : this.#users.get(username)?.device;
  }

  /** What is kept of a password. */
  digest(password: string | Uint8Array): Buffer {
    return createHmac('sha256', this.#key).update(password).digest();
  }
}
