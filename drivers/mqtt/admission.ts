import { isIPv6 } from 'node:net';
import { Pace, type PaceLimits } from '../pace.ts';

export interface AdmissionLimits {
  /** Connections that have not signed in, of all and of one address. */
  readonly mostUnsigned: number;
  readonly mostUnsignedAnAddress: number;
  /** New connections of all and of one address. */
  readonly pace: PaceLimits;
  readonly paceAnAddress: PaceLimits;
}

/** Why a connection was turned away. */
type TurnedAway = 'unsigned' | 'too-fast';

/** The place of a connection among those that have not signed in. */
interface Place {
  /** It has signed in, or ended. */
  settle(): void;
}

/** Addresses told apart at one time; the rest share one entry. */
const MOST_ADDRESSES = 4096;
const OTHERS = 'others';

interface Address {
  readonly pace: Pace;
  unsigned: number;
}

/**
 * Who may come in at a listener. Only connections that have not signed in are counted by address, since a whole street
 * may come from one: that of a 4G operator or of a router.
 */
export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #addresses = new Map<string, Address>();
  readonly #pace: Pace;
  #unsigned = 0;

  constructor(limits: AdmissionLimits) {
    this.#limits = limits;
    this.#pace = new Pace(limits.pace);
  }

  /** Addresses that are told apart now. */
  get addresses(): number {
    return this.#addresses.size;
  }

  enter(from: string, tick: number): Place | TurnedAway {
    const { mostUnsigned, mostUnsignedAnAddress } = this.#limits;
    const address = this.#addressOf(from, tick);
    if (this.#unsigned >= mostUnsigned || address.unsigned >= mostUnsignedAnAddress) return 'unsigned';
    if (!address.pace.take(tick) || !this.#pace.take(tick)) return 'too-fast';
    return this.#take(address);
  }

  #take(address: Address): Place {
    this.#unsigned++;
    address.unsigned++;
    let isWaiting = true;
    return {
      settle: () => {
        if (!isWaiting) return;
        isWaiting = false;
        this.#unsigned--;
        address.unsigned--;
      },
    };
  }

  #addressOf(from: string, tick: number): Address {
    const key = blockOf(from);
    const known = this.#addresses.get(key);
    if (known !== undefined) return known;
    if (this.#addresses.size >= MOST_ADDRESSES) {
      for (const [other, { unsigned, pace }] of this.#addresses) {
        if (unsigned === 0 && pace.isRested(tick)) this.#addresses.delete(other);
      }
    }
    const name = this.#addresses.size < MOST_ADDRESSES ? key : OTHERS;
    const address = this.#addresses.get(name) ?? { pace: new Pace(this.#limits.paceAnAddress), unsigned: 0 };
    this.#addresses.set(name, address);
    return address;
  }
}

/** Whoever has one address of IPv6 has its /64. */
function blockOf(address: string): string {
  if (address.startsWith('::ffff:')) return address.slice('::ffff:'.length);
  if (!isIPv6(address)) return address;
  const [head = '', tail = ''] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  const rest = tail === '' ? [] : tail.split(':');
  const zeros = new Array<string>(Math.max(0, 8 - groups.length - rest.length)).fill('0');
  return [...groups, ...zeros, ...rest].slice(0, 4).join(':');
}
