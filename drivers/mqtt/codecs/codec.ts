/** The fields that a payload carries, by name: a number in the field's unit, a state's name, or null for "no value". */
export type Fields = Readonly<Record<string, number | string | null>>;

/** What a payload says of one time. */
export interface Sample {
  /** The device's own time of it in seconds since 1970, where it kept the value; else it is of now. */
  readonly keptAt?: number;
  readonly fields: Fields;
}

/** A maker's binary payload, as a device sends it over LoRaWAN. */
export interface Codec {
  /** Every field that it can give, each with its unit ('' for none). */
  readonly fields: Readonly<Record<string, string>>;
  /** The LoRaWAN port on which the maker sends data; on any other nothing is read. Undefined: whatever port. */
  readonly fPort?: number;
  /**
   * The samples of a payload, kept ones first in their order. Fields that it does not carry are left out. Undefined if
   * it is broken anywhere: nothing of it is to be used then. It never throws.
   */
  decode(payload: Buffer): readonly Sample[] | undefined;
}

/** A byte that is 0 or 1; null for any other, which means nothing. */
export const flag = (byte: number): number | null => (byte === 0 || byte === 1 ? byte : null);
